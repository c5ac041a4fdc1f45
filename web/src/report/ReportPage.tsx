import { Anchor, Button, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";
import { useSearchParams } from "wouter";

import { hasCode, problemOf } from "../api/errors";
import { useTitle } from "../app/title";
import { CriticalResultReportDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useMay } from "../live/Live";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { Refused } from "../ui/Refused";
import { Episodes } from "./Episodes";
import { FiguresTable } from "./FiguresTable";
import { HourChart } from "./HourChart";
import { PeriodForm } from "./PeriodForm";
import { faultOf, periodOf, tableHref } from "./period";
import classes from "./ReportPage.module.css";
import { Tiles } from "./Tiles";

/** How long critical results waited for somebody, and where: for a period and a ward, both in the address. */
export default function ReportPage() {
  const { t } = useTranslation(["report", "app"]);
  const format = useFormat();
  const may = useMay("critical-result-report:read");
  const [address, setAddress] = useSearchParams();
  const period = periodOf(address, new Date());
  const ward = address.get("ward");
  const fault = faultOf(period);
  const asked = { from: period.from, to: period.to, ward };
  const [{ data, error, fetching }, again] = useQuery({
    query: CriticalResultReportDocument,
    variables: asked,
    pause: fault !== null || !may,
  });
  useTitle(t("title"));

  function choose(changes: Readonly<Record<string, string | null>>) {
    const after = new URLSearchParams(address);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) after.delete(name);
      else after.set(name, value);
    }
    setAddress(after, { replace: true });
  }

  if (!may || hasCode(error, "FORBIDDEN")) return <Refused what={t("refused")} />;
  const report = fault === null ? data?.criticalResultReport : null;
  const whole = report?.whole;
  return (
    <Stack maw={1400} mx="auto" gap="lg">
      <Group justify="space-between" align="start">
        <div>
          <Title order={1}>{t("title")}</Title>
          <Text c="dimmed">
            {t("span", { from: format.date(period.first), to: format.date(period.last) })}
            {ward !== null && (
              <>
                {" · "}
                {t("ward")} <bdi>{ward}</bdi>
              </>
            )}
          </Text>
        </div>
        <Group gap="sm" className={classes.screenOnly}>
          {fault === null && (
            <>
              <Anchor href={tableHref("critical-results", period, ward)} download>
                {t("csv.figures")}
              </Anchor>
              <Anchor href={tableHref("critical-result-episodes", period, ward)} download>
                {t("csv.episodes")}
              </Anchor>
            </>
          )}
          <Button variant="default" onClick={() => print()}>
            {t("app:word.print")}
          </Button>
        </Group>
      </Group>
      <PeriodForm period={period} ward={ward} fault={fault} onChoose={choose} />
      <ProblemNote problem={error && !whole ? problemOf(error) : null} onAgain={() => again({ requestPolicy: "network-only" })} />
      {fetching && !report && <Loader />}
      {data && fault === null && !report && !fetching && <Empty title={t("noWard")}>{t("noWardText")}</Empty>}
      {whole?.episodes === 0 && <Empty title={t("none")}>{t("noneText")}</Empty>}
      {report && whole && whole.episodes > 0 && (
        <>
          <Tiles whole={whole} />
          <FiguresTable title={t("by.rule")} of={t("rule")} lines={report.byRule ?? []} />
          {ward === null && <FiguresTable title={t("by.ward")} of={t("ward")} lines={report.byWard ?? []} />}
          <HourChart lines={report.byHour ?? []} timeZone={report.timeZone} />
          <Episodes key={JSON.stringify(asked)} asked={asked} total={whole.episodes} />
        </>
      )}
    </Stack>
  );
}
