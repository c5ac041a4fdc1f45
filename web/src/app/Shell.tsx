import { AppShell, Burger, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { AlarmBanner } from "../critical/AlarmBanner";
import { Keys } from "../help/Keys";
import { tourIsDue } from "../help/tour";
import { useLive } from "../live/Live";
import { LiveStatus, LiveWarning } from "../live/LiveStatus";
import { EndingNotice } from "../session/EndingNotice";
import { AccountMenu } from "./AccountMenu";
import { isHere, useDestinations, type Destination } from "./destinations";
import { FaultNote } from "./FaultNote";
import { paths } from "./paths";
import { patiently } from "./patiently";
import classes from "./Shell.module.css";
import { useIsWall } from "./wall";

// Not of the first load: most who open a board need neither.
const SideMenu = lazy(() => patiently(() => import("./SideMenu")));
const Tour = lazy(() => patiently(() => import("../help/Tour")));

const HEADER_HEIGHT = 52;

function TopLinks({ destinations }: { readonly destinations: readonly Destination[] }) {
  const { t } = useTranslation("app");
  const [location] = useLocation();
  return (
    <nav aria-label={t("nav.main")} className={classes.links}>
      {destinations.map((one) => (
        <Link
          key={one.href}
          href={one.href}
          className={classes.link}
          title={one.title}
          aria-current={isHere(one, location) ? "page" : undefined}
        >
          {one.label}
        </Link>
      ))}
    </nav>
  );
}

/** What stands around every page: where one can go, the state of the line, who is signed in. A wall shows none of it. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation("app");
  const destinations = useDestinations();
  const [opened, { toggle, close }] = useDisclosure(false);
  const wall = useIsWall();
  const { viewer } = useLive();
  const [due] = useState(() => tourIsDue(viewer.id));
  return (
    <AppShell header={{ height: HEADER_HEIGHT }} padding={wall ? "xs" : { base: "sm", md: "md" }} disabled={wall}>
      {!wall && (
        <AppShell.Header className={classes.header}>
          <a href="#content" className={classes.skip}>
            {t("nav.skip")}
          </a>
          <Group h="100%" px={{ base: "sm", md: "md" }} gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="lg" size="sm" aria-label={t("nav.menu")} aria-expanded={opened} />
            <Text component={Link} href={paths.wards} className={classes.brand}>
              {t("brand")}
            </Text>
            <div className={classes.top}>
              <TopLinks destinations={destinations} />
            </div>
            <Group gap="xs" ms="auto" miw={0} wrap="nowrap">
              <LiveStatus />
              <AccountMenu />
            </Group>
          </Group>
        </AppShell.Header>
      )}
      <Suspense fallback={null}>{opened && <SideMenu destinations={destinations} close={close} />}</Suspense>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main} data-wall={wall}>
        <AlarmBanner />
        <LiveWarning />
        <FaultNote />
        <EndingNotice />
        {children}
      </AppShell.Main>
      <Keys />
      {!wall && due && (
        <Suspense fallback={null}>
          <Tour />
        </Suspense>
      )}
    </AppShell>
  );
}
