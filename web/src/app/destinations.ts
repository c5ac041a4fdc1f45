import { useTranslation } from "react-i18next";

import { useLive } from "../live/Live";
import { paths } from "./paths";

/** Where the viewer can go. */
export interface Destination {
  readonly href: string;
  readonly label: string;
  /** What the label is short for. */
  readonly title?: string;
}

/** The wards of the viewer, and the pages that the viewer's role has a use for. */
export function useDestinations(): readonly Destination[] {
  const { t } = useTranslation("app");
  const { viewer } = useLive();
  const pages: readonly (readonly [scope: string | null, href: string, label: string])[] = [
    ["critical-result:read", paths.criticals, t("nav.critical")],
    ["patient:read", paths.find, t("nav.find")],
    ["critical-result-report:read", paths.report, t("nav.report")],
    ["critical-rule:read", paths.rules, t("nav.rules")],
    ["audit-detail:read", paths.admin(), t("nav.admin")],
    [null, paths.help, t("nav.help")],
  ];
  return [
    ...viewer.wards.map((ward) => ({ href: paths.ward(ward.code), label: ward.code, title: ward.name })),
    ...pages
      .filter(([scope]) => scope === null || viewer.scopes.includes(scope))
      .map(([, href, label]) => ({ href, label })),
  ];
}
