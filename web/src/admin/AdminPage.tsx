import { Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { paths } from "../app/paths";
import { useTitle } from "../app/title";
import { useMay } from "../live/Live";
import { PageTabs } from "../ui/PageTabs";
import { Refused } from "../ui/Refused";
import { AuditList } from "./AuditList";
import { EmergencyAccesses } from "./EmergencyAccesses";
import { UserList } from "./UserList";
import { WardList } from "./WardList";

const TABS = ["users", "wards", "emergency", "audit"] as const;

const PANELS = { users: UserList, wards: WardList, emergency: EmergencyAccesses, audit: AuditList } as const;

/** Who works here, on which wards and beds, and what has to be looked after. */
export default function AdminPage({ tab }: { readonly tab: string }) {
  const { t } = useTranslation("admin");
  const [, goTo] = useLocation();
  const may = {
    users: useMay("user:read"),
    wards: useMay("ward:write"),
    emergency: useMay("emergency-access:review"),
    audit: useMay("audit-detail:read"),
  };
  const asked = TABS.find((one) => one === tab) ?? "users";
  // The address without a tab opens the first that the viewer may see.
  const shown = tab === "users" && !may.users ? (TABS.find((one) => may[one]) ?? "users") : asked;
  const Panel = PANELS[shown];
  useTitle(t("title"));

  return (
    <>
      <Title order={1} mb="sm">
        {t("title")}
      </Title>
      <PageTabs tabs={TABS} shown={shown} label={(one) => t(`tab.${one}`)} onChoose={(to) => goTo(paths.admin(to), { replace: true })}>
        {may[shown] ? <Panel /> : <Refused what={t(`tab.${shown}`)} />}
      </PageTabs>
    </>
  );
}
