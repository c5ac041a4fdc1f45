import { Menu, useMantineColorScheme } from "@mantine/core";
import type { ReactElement } from "react";
import { useTranslation } from "react-i18next";

import { LANGUAGES, speak, type Language } from "../i18n/languages";
import { useLive } from "../live/Live";

const THEMES = ["light", "dark", "auto"] as const;

interface AccountChoicesProps {
  /** The button that the menu hangs on. */
  readonly target: ReactElement;
  readonly onSignOut: () => void;
}

/** The menu, open from the first: it is loaded by the press that asks for it. */
export default function AccountChoices({ target, onSignOut }: AccountChoicesProps) {
  const { t, i18n } = useTranslation(["app", "clinical"]);
  const { viewer } = useLive();
  const { colorScheme, setColorScheme } = useMantineColorScheme();

  return (
    <Menu position="bottom-end" width={230} defaultOpened>
      <Menu.Target>
        {target}
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{viewer.roles.map((role) => t(`clinical:role.${role}`)).join(", ")}</Menu.Label>
        <Menu.Divider />
        <Menu.Label>{t("user.language")}</Menu.Label>
        <Menu.RadioGroup value={i18n.language} onChange={(language) => speak(i18n, language as Language)}>
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
        <Menu.Item onClick={() => onSignOut()}>
          {t("user.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
