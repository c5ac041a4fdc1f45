import { Button, Table, Text, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { referenceRange } from "../format/result";
import { millis } from "../format/time";
import type { ResultOfChartFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import classes from "./PanelTable.module.css";
import { ResultValue } from "./ResultValue";
import { ScrollTable } from "./ScrollTable";

interface ResultsTableProps {
  readonly results: readonly ResultOfChartFragment[];
  readonly total: number;
  readonly onMore: () => void;
  readonly onChoose: (code: string) => void;
}

/** Every result one by one, also those of no panel and those in words; newest first. */
export function ResultsTable({ results, total, onMore, onChoose }: ResultsTableProps) {
  const { t } = useTranslation(["patient", "clinical", "app"]);
  const format = useFormat();
  const now = useNow();
  if (results.length === 0) return <Text c="dimmed">{t("labs.none")}</Text>;
  return (
    <>
      <ScrollTable label={t("labs.all")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("labs.test")}</Table.Th>
            <Table.Th scope="col">{t("labs.value")}</Table.Th>
            <Table.Th scope="col">{t("labs.reference")}</Table.Th>
            <Table.Th scope="col">{t("labs.collected")}</Table.Th>
            <Table.Th scope="col">{t("labs.note")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {results.map((result) => (
            <Table.Tr key={result.id}>
              <Table.Th scope="row">
                {result.value === null ? (
                  <bdi>{result.display}</bdi>
                ) : (
                  <UnstyledButton className={classes.name} onClick={() => onChoose(result.code)}>
                    <bdi>{result.display}</bdi>
                  </UnstyledButton>
                )}
              </Table.Th>
              <Table.Td>
                <ResultValue result={result} />
              </Table.Td>
              <Table.Td>
                <bdi>{referenceRange(result.referenceLow, result.referenceHigh, format.decimal) ?? "–"}</bdi>
              </Table.Td>
              <Table.Td>{format.clock(millis(result.observedAt) ?? 0, now)}</Table.Td>
              <Table.Td>{result.notJudgedReason ? t("labs.notJudged", { reason: result.notJudgedReason }) : ""}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
      {total > results.length && results.length < 500 && (
        <Button size="xs" variant="default" mt="xs" onClick={onMore}>
          {t("app:word.more")}
        </Button>
      )}
    </>
  );
}
