import { Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import { useTitle } from "../app/title";
import { useMay } from "../live/Live";
import { PageTabs } from "../ui/PageTabs";
import { Refused } from "../ui/Refused";
import { Chains } from "./Chains";
import { NotJudged } from "./NotJudged";
import { RuleList } from "./RuleList";

const TABS = ["rules", "not-judged", "chains"] as const;

const PANELS = { rules: RuleList, "not-judged": NotJudged, chains: Chains } as const;

/** What is critical, who is called for it, and what could not be judged. */
export default function RulesPage() {
  const { t } = useTranslation("rules");
  const [address, setAddress] = useSearchParams();
  const may = {
    rules: useMay("critical-rule:read"),
    "not-judged": useMay("lab:read"),
    chains: useMay("critical-result:read"),
  };
  const shown = TABS.find((one) => one === address.get("tab")) ?? "rules";
  const Panel = PANELS[shown];
  useTitle(t("title"));

  return (
    <>
      <Title order={1} mb="sm">
        {t("title")}
      </Title>
      <PageTabs
        tabs={TABS}
        shown={shown}
        label={(one) => t(`tab.${one}`)}
        onChoose={(to) => setAddress(to === "rules" ? {} : { tab: to }, { replace: true })}
      >
        {may[shown] ? <Panel /> : <Refused what={t(`tab.${shown}`)} />}
      </PageTabs>
    </>
  );
}
