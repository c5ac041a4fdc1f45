import { Button, Group, NativeSelect, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOf, type Problem } from "../api/errors";
import { resultValue } from "../format/result";
import { millis } from "../format/time";
import { DryRunCriticalRuleDocument, type CriticalRuleInput, type DryRunCriticalRuleMutation } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import classes from "./DryRun.module.css";
import { trialTable } from "./trial";

const DAYS = ["7", "30", "90", "365"] as const;

interface DryRunProps {
  readonly input: CriticalRuleInput;
  /** The rule in whose place it is tried; null for a new one. */
  readonly ruleKey: string | null;
  readonly ready: boolean;
  /** False once the fields have changed after the trial. */
  readonly current: boolean;
  readonly onTried: () => void;
  readonly onRefused: (problem: Problem | null) => void;
}

/** What the rule would have raised in the last days, before anybody is called for it. */
export function DryRun({ input, ruleKey, ready, current, onTried, onRefused }: DryRunProps) {
  const { t } = useTranslation("rules");
  const id = useId();
  const [days, setDays] = useState<string>("30");
  const [{ fetching, data }, run] = useMutation(DryRunCriticalRuleDocument);

  async function dryRun() {
    onRefused(null);
    const { data: told, error } = await run({ input: { rule: input, days: Number(days), key: ruleKey, ward: null } });
    if (told) onTried();
    else onRefused(problemOf(error));
  }

  return (
    <Paper withBorder p="sm" component="section" aria-labelledby={id}>
      <Group align="end" justify="space-between">
        <div>
          <Title order={3} id={id}>
            {t("trial.title")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("trial.text")}
          </Text>
        </div>
        <Group align="end" gap="xs">
          <NativeSelect
            label={t("trial.days")}
            value={days}
            data={DAYS.map((n) => ({ value: n, label: t("trial.lastDays", { n }) }))}
            onChange={(event) => setDays(event.currentTarget.value)}
          />
          <Button variant="light" disabled={!ready} loading={fetching} onClick={() => void dryRun()}>
            {t("trial.run")}
          </Button>
        </Group>
      </Group>
      <div role="status">{data && <Outcome told={data.dryRunCriticalRule} current={current} />}</div>
    </Paper>
  );
}

function Outcome({ told, current }: { readonly told: DryRunCriticalRuleMutation["dryRunCriticalRule"]; readonly current: boolean }) {
  const { t } = useTranslation("rules");
  const format = useFormat();
  const table = trialTable(told.counts);
  const figures = ["raised", "alreadyCritical", "noLongerCritical", "overruled", "judged", "notJudged"] as const;
  return (
    <Stack gap="xs" mt="sm" className={current ? undefined : classes.old}>
      {!current && <Text size="sm">{t("trial.old")}</Text>}
      <dl className={classes.figures}>
        {figures.map((name) => (
          <div key={name}>
            <dt>{t(`trial.${name}`)}</dt>
            <dd>{format.decimal(told[name])}</dd>
          </div>
        ))}
      </dl>
      {table.days.length > 0 && (
        <Table.ScrollContainer minWidth={360} mah={260} tabIndex={0} role="region" aria-label={t("trial.perDay")}>
          <Table verticalSpacing={2} withRowBorders={false}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("trial.day")}</Table.Th>
                {table.wards.map((ward) => (
                  <Table.Th scope="col" key={ward ?? ""}>
                    <bdi>{ward ?? t("trial.noWard")}</bdi>
                  </Table.Th>
                ))}
                <Table.Th scope="col" w="40%">
                  {t("trial.whole")}
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {table.days.map(({ day, byWard, whole }) => (
                <Table.Tr key={day}>
                  <Table.Th scope="row">{format.date(day)}</Table.Th>
                  {byWard.map((raised, at) => (
                    <Table.Td key={table.wards[at] ?? ""}>{format.decimal(raised)}</Table.Td>
                  ))}
                  <Table.Td>
                    <span className={classes.barLine}>
                      <span className={classes.count}>{format.decimal(whole)}</span>
                      <span className={classes.bar} aria-hidden="true" style={{ inlineSize: `${(80 * whole) / table.most}%` }} />
                    </span>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {told.results.length > 0 && (
        <details>
          <summary>{t("trial.results", { count: told.results.length })}</summary>
          <ul className={classes.results}>
            {told.results.map(({ labResult, alreadyCritical }, at) => {
              const observed = millis(labResult?.observedAt);
              return (
                <li key={labResult?.id ?? at}>
                  {observed !== null && format.dateTime(observed)} · <bdi>{labResult?.display}</bdi>{" "}
                  <bdi dir="ltr">{labResult && resultValue(labResult, format.decimal)}</bdi>
                  {alreadyCritical && ` · ${t("trial.already")}`}
                </li>
              );
            })}
          </ul>
        </details>
      )}
    </Stack>
  );
}
