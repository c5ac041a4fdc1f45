import { Button, Menu, Text, useMantineColorScheme } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { LANGUAGES, rememberLanguage, type Language } from "../i18n/languages";
import { useLive } from "../live/Live";

const THEMES = ["light", "dark", "auto"] as const;

/** Who is signed in, how the page looks and speaks, and the way out. */
export function AccountMenu() {
  const { t, i18n } = useTranslation(["app", "clinical"]);
  const { session, viewer } = useLive();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [refused, setRefused] = useState(false);

  function speak(language: Language) {
    rememberLanguage(language);
    void i18n.changeLanguage(language);
  }

  return (
    <>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <Button variant="subtle" size="compact-md" maw={{ base: 110, sm: 240 }} aria-label={`${t("user.menu")}: ${viewer.displayName}`}>
            <Text component="bdi" size="sm" truncate>
              {viewer.displayName}
            </Text>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{viewer.roles.map((role) => t(`clinical:role.${role}`)).join(", ")}</Menu.Label>
          <Menu.Divider />
          <Menu.Label>{t("user.language")}</Menu.Label>
          <Menu.RadioGroup value={i18n.language} onChange={(language) => speak(language as Language)}>
            {(Object.keys(LANGUAGES) as Language[]).map((language) => (
              <Menu.RadioItem key={language} lang={language} value={language}>
                {LANGUAGES[language].name}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Label>{t("user.theme")}</Menu.Label>
          <Menu.RadioGroup value={colorScheme} onChange={(one) => setColorScheme(one as (typeof THEMES)[number])}>
            {THEMES.map((one) => (
              <Menu.RadioItem key={one} value={one}>
                {t(`user.themes.${one}`)}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Item color="red" onClick={() => void session.signOut().then((out) => setRefused(!out))}>
            {t("user.signOut")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
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
