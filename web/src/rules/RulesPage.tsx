import { Tabs, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import { useTitle } from "../app/title";
import { useMay } from "../live/Live";
import { Refused } from "../ui/Refused";
import { Chains } from "./Chains";
import { NotJudged } from "./NotJudged";
import { RuleList } from "./RuleList";

const TABS = ["rules", "not-judged", "chains"] as const;

/** What is critical, who is called for it, and what could not be judged. */
export default function RulesPage() {
  const { t } = useTranslation("rules");
  const [address, setAddress] = useSearchParams();
  const mayRules = useMay("critical-rule:read");
  const mayLab = useMay("lab:read");
  const mayChains = useMay("critical-result:read");
  const tab = TABS.find((one) => one === address.get("tab")) ?? "rules";
  useTitle(t("title"));

  return (
    <>
      <Title order={1} mb="sm">
        {t("title")}
      </Title>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(to) => setAddress(to === null || to === "rules" ? {} : { tab: to }, { replace: true })}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="rules">{t("tab.rules")}</Tabs.Tab>
          <Tabs.Tab value="not-judged">{t("tab.notJudged")}</Tabs.Tab>
          <Tabs.Tab value="chains">{t("tab.chains")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="rules">{mayRules ? <RuleList /> : <Refused what={t("tab.rules")} />}</Tabs.Panel>
        <Tabs.Panel value="not-judged">{mayLab ? <NotJudged /> : <Refused what={t("tab.notJudged")} />}</Tabs.Panel>
        <Tabs.Panel value="chains">{mayChains ? <Chains /> : <Refused what={t("tab.chains")} />}</Tabs.Panel>
      </Tabs>
    </>
  );
}
