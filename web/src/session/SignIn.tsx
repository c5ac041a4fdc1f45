import { Alert, Button, Center, Group, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useRef, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import icon from "../app/icon.svg";
import { textOf } from "../app/form";
import { useTitle } from "../app/title";
import { LANGUAGES, speak, type Language } from "../i18n/languages";
import type { Session } from "./session";
import classes from "./SignIn.module.css";
import { useSignIn } from "./useSignIn";

interface SignInProps {
  readonly session: Session;
  /** The session ended by itself or from elsewhere, not by the button of this page. */
  readonly ended: boolean;
}

/** The address stays as it is, so that who signs in is back where they were. */
export default function SignIn({ session, ended }: SignInProps) {
  const { t, i18n } = useTranslation("app");
  const { busy, refusal, throttled, signIn } = useSignIn(session);
  const password = useRef<HTMLInputElement>(null);
  useTitle(t("signIn.submit"));

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy || throttled) return;
    const values = new FormData(event.currentTarget);
    if (!(await signIn(textOf(values, "username").trim(), textOf(values, "password")))) password.current?.select();
  }

  return (
    <Center component="main" className={classes.page} mih="100vh" p="md">
      <Paper withBorder p="xl" w="100%" maw={400} shadow="sm" component="form" onSubmit={(event) => void submit(event)}>
        <Stack>
          <div>
            <Group gap="xs" mb={4} wrap="nowrap">
              <img src={icon} alt="" width={36} height={36} />
              <Title order={1} className={classes.brand}>
                {t("brand")}
              </Title>
            </Group>
            <Text c="dimmed">{t("signIn.motto")}</Text>
          </div>
          {ended && refusal === null && (
            <Alert role="status" color="yellow" variant="outline">
              {t("signIn.ended")}
            </Alert>
          )}
          <TextInput
            name="username"
            label={t("signIn.username")}
            size="md"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
          />
          <PasswordInput
            ref={password}
            name="password"
            label={t("signIn.password")}
            size="md"
            autoComplete="current-password"
            visibilityToggleButtonProps={{ "aria-label": t("signIn.show") }}
            required
            withAsterisk={false}
          />
          <div role="alert">
            {refusal !== null && (
              <Alert color="red" variant="light">
                {refusal}
              </Alert>
            )}
          </div>
          <Button type="submit" size="md" loading={busy} disabled={throttled}>
            {t("signIn.submit")}
          </Button>
        </Stack>
      </Paper>
      <Group role="group" aria-label={t("user.language")} gap="xs" justify="center">
        {(Object.keys(LANGUAGES) as Language[]).map((language) => (
          <Button
            key={language}
            lang={language}
            variant="subtle"
            size="compact-sm"
            aria-pressed={language === i18n.language}
            className={classes.language}
            onClick={() => speak(i18n, language)}
          >
            {LANGUAGES[language].name}
          </Button>
        ))}
      </Group>
    </Center>
  );
}
