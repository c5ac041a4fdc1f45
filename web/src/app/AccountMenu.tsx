import { Button, Text } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

import { useLive } from "../live/Live";
import { beforehand, patiently } from "./patiently";

const loadChoices = () => import("./AccountChoices");
const AccountChoices = lazy(() => patiently(loadChoices));

/** Who is signed in, how the page looks and speaks, and the way out. */
export function AccountMenu() {
  const { t } = useTranslation("app");
  const { session, viewer } = useLive();
  const [refused, setRefused] = useState(false);
  const [asked, setAsked] = useState(false);
  const button = (
    <Button
      variant="subtle"
      size="compact-md"
      maw={{ base: 165, sm: 260 }}
      rightSection={<span aria-hidden="true">▾</span>}
      aria-haspopup="menu"
      aria-label={`${t("user.menu")}: ${viewer.displayName}`}
      onClick={() => setAsked(true)}
      onFocus={() => beforehand(loadChoices)}
      onPointerEnter={() => beforehand(loadChoices)}
    >
      <Text component="bdi" size="sm" truncate>
        {viewer.displayName}
      </Text>
    </Button>
  );
  return (
    <>
      <Suspense fallback={button}>
        {asked ? (
          <AccountChoices target={button} onSignOut={() => void session.signOut().then((out) => setRefused(!out))} />
        ) : (
          button
        )}
      </Suspense>
      <div role="alert">
        {refused && (
          <Text c="red" size="sm">
            {t("user.signOutRefused")}
          </Text>
        )}
      </div>
    </>
  );
}
