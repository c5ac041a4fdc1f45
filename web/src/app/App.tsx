import { Center, DirectionProvider, Loader, MantineProvider, Text } from "@mantine/core";
import { lazy, Suspense, useEffect, useMemo, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Provider } from "urql";
import { useLocation } from "wouter";

import { FormatContext, formatOf } from "../i18n/format";
import { LANGUAGES, isLanguage } from "../i18n/languages";
import { LiveProvider } from "../live/Live";
import type { Session } from "../session/session";
import { useProblem } from "../ui/Problem";
import { Broken } from "./Broken";
import { FaultNote } from "./FaultNote";
import { Pages } from "./Pages";
import { patiently } from "./patiently";
import { Shell } from "./Shell";
import { theme } from "./theme";

// Who comes to a station that is signed in needs no form.
const SignIn = lazy(() => patiently(() => import("../session/SignIn")));

function Content({ session }: { readonly session: Session }) {
  const { t } = useTranslation("app");
  const say = useProblem();
  const state = useSyncExternalStore(session.subscribe, session.snapshot);
  const [page] = useLocation();
  switch (state.status) {
    case "unknown":
      return (
        <Center h="100vh">
          <Text>{t("opening")}</Text>
        </Center>
      );
    case "unreachable":
      return (
        <Center h="100vh" px="md">
          <Text role="alert">
            {say(state.why)} {t("tryingAgain")}
          </Text>
        </Center>
      );
    case "signed-out":
      return (
        <Suspense fallback={<FaultNote />}>
          <SignIn session={session} ended={state.ended} />
        </Suspense>
      );
    case "signed-in":
      return (
        <LiveProvider
          key={state.viewer.id}
          session={session}
          viewer={state.viewer}
          channel={state.channel}
          endsAt={state.endsAt}
        >
          <Shell>
            <Broken at={page}>
              <Suspense fallback={<Loader m="xl" />}>
                <Pages />
              </Suspense>
            </Broken>
          </Shell>
        </LiveProvider>
      );
  }
}

export function App({ session }: { readonly session: Session }) {
  const { t, i18n } = useTranslation("app");
  const language = isLanguage(i18n.language) ? i18n.language : "en";
  const { dir } = LANGUAGES[language];
  const justNow = t("time.justNow");
  const format = useMemo(() => formatOf(language, justNow), [language, justNow]);

  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dir = dir;
  }, [language, dir]);

  return (
    <DirectionProvider key={dir} initialDirection={dir} detectDirection={false}>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <Provider value={session.client}>
          <FormatContext value={format}>
            <Broken>
              <Content session={session} />
            </Broken>
          </FormatContext>
        </Provider>
      </MantineProvider>
    </DirectionProvider>
  );
}
