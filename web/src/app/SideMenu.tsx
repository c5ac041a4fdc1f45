import { Drawer, NavLink } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import { isHere, type Destination } from "./destinations";

interface SideMenuProps {
  readonly destinations: readonly Destination[];
  readonly close: () => void;
}

/** Where one can go, on a narrow screen. */
export default function SideMenu({ destinations, close }: SideMenuProps) {
  const { t } = useTranslation("app");
  const [location] = useLocation();
  return (
    <Drawer opened onClose={close} title={t("nav.menu")} closeButtonProps={{ "aria-label": t("word.close") }} size="xs">
      <nav aria-label={t("nav.main")}>
        {destinations.map((one) => (
          <NavLink
            key={one.href}
            component={Link}
            href={one.href}
            mih={44}
            label={one.title ? `${one.label} · ${one.title}` : one.label}
            active={isHere(one, location)}
            aria-current={isHere(one, location) ? "page" : undefined}
            onClick={close}
          />
        ))}
      </nav>
    </Drawer>
  );
}
