import { AppShell, Burger, Button, Group, Menu, NavLink, ScrollArea, Text, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { AlarmBanner } from "../critical/AlarmBanner";
import { LANGUAGES, rememberLanguage, type Language } from "../i18n/languages";
import { useLive, useMay } from "../live/Live";
import { LiveStatus, LiveWarning } from "../live/LiveStatus";
import { paths } from "./paths";
import classes from "./Shell.module.css";
import { useWall } from "./wall";

const THEMES = ["light", "dark", "auto"] as const;

function AccountMenu() {
  const { t, i18n } = useTranslation(["app", "clinical"]);
  const { session, viewer } = useLive();
  const { setColorScheme } = useMantineColorScheme();
  const [refused, setRefused] = useState(false);

  function speak(language: Language) {
    rememberLanguage(language);
    void i18n.changeLanguage(language);
  }

  return (
    <Group gap="xs" wrap="nowrap" miw={0}>
      <Menu>
        <Menu.Target>
          <Button variant="subtle" aria-label={t("user.menu")}>
            <bdi>{viewer.displayName}</bdi>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{viewer.roles.map((role) => t(`clinical:role.${role}`)).join(", ")}</Menu.Label>
          <Menu.Divider />
          <Menu.Label>{t("user.language")}</Menu.Label>
          {(Object.keys(LANGUAGES) as Language[]).map((language) => (
            <Menu.Item key={language} lang={language} onClick={() => speak(language)}>
              {LANGUAGES[language].name}
            </Menu.Item>
          ))}
          <Menu.Label>{t("user.theme")}</Menu.Label>
          {THEMES.map((one) => (
            <Menu.Item key={one} onClick={() => setColorScheme(one)}>
              {t(`user.themes.${one}`)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => void session.signOut().then((out) => setRefused(!out))}>{t("user.signOut")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <div role="alert">{refused && <Text c="red">{t("user.signOutRefused")}</Text>}</div>
    </Group>
  );
}

function Navigation({ onChosen }: { readonly onChosen: () => void }) {
  const { t } = useTranslation("app");
  const { viewer } = useLive();
  const [location] = useLocation();
  const entries: readonly (readonly [href: string, label: string, shown: boolean])[] = [
    ...viewer.wards.map((ward) => [paths.ward(ward.code), `${ward.code} ${ward.name}`, true] as const),
    [paths.criticals, t("nav.critical"), useMay("critical-result:read")],
    [paths.find, t("nav.find"), useMay("patient:read")],
    [paths.report, t("nav.report"), useMay("critical-result-report:read")],
    [paths.rules, t("nav.rules"), useMay("critical-rule:read")],
    [paths.admin(), t("nav.admin"), useMay("user:read")],
    [paths.help, t("nav.help"), true],
  ];
  return entries
    .filter(([, , shown]) => shown)
    .map(([href, label]) => (
      <NavLink
        key={href}
        component={Link}
        href={href}
        label={label}
        active={location === href}
        aria-current={location === href ? "page" : undefined}
        onClick={onChosen}
      />
    ));
}

/** What stands around every page: where one can go, the state of the line, who is signed in. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation("app");
  const [opened, { toggle, close }] = useDisclosure(false);
  const [wall] = useWall();
  return (
    <AppShell
      disabled={wall}
      header={{ height: 52 }}
      navbar={{ width: 220, breakpoint: "md", collapsed: { mobile: !opened } }}
      padding="md"
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="md" size="sm" aria-label={t("nav.menu")} />
            <Text component={Link} href={paths.wards} fw={700} c="inherit" td="none">
              {t("brand")}
            </Text>
            <LiveStatus />
          </Group>
          <AccountMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar component="nav" aria-label={t("nav.main")} p="xs">
        <ScrollArea>
          <Navigation onChosen={close} />
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main className={wall ? classes.wall : undefined}>
        <AlarmBanner />
        <LiveWarning />
        {children}
      </AppShell.Main>
    </AppShell>
  );
}
