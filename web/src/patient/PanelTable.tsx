import { Table, Text, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { interpretationSign, referenceRange, resultValue, unitName } from "../format/result";
import { millis } from "../format/time";
import type { ResultOfChartFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { toneOf } from "../ui/Interpretation";
import classes from "./PanelTable.module.css";
import type { PanelGrid, PanelRow } from "./panels";
import { ScrollTable } from "./ScrollTable";

function Cell({ result, unit }: { readonly result: ResultOfChartFragment | null; readonly unit: string | null }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const format = useFormat();
  if (result === null) {
    return (
      <Table.Td className={classes.missing} title={t("labs.missing")}>
        <span aria-hidden="true">·</span>
        <span className={classes.said}>{t("labs.missing")}</span>
      </Table.Td>
    );
  }
  const word = t(`clinical:interpretation.${result.interpretation}`);
  const normal = result.interpretation === "NORMAL";
  const value = resultValue({ ...result, unit: unit === null ? result.unit : null }, format.decimal) ?? t("clinical:word.noValue");
  const status = result.status === "FINAL" ? "" : t(`clinical:resultStatus.${result.status}`);
  return (
    <Table.Td title={[word, status].filter(Boolean).join(", ")}>
      <span className={classes.value} data-tone={normal ? undefined : toneOf(result.interpretation)}>
        <bdi>{value}</bdi>
        {!normal && (
          <>
            {" "}
            <span aria-hidden="true">{interpretationSign(result.interpretation)}</span>
            <span className={classes.said}>{word}</span>
          </>
        )}
        {result.status === "CORRECTED" && <sup title={status}>{t("labs.correctedSign")}</sup>}
      </span>
    </Table.Td>
  );
}

interface PanelTableProps {
  readonly label: string;
  readonly grid: PanelGrid;
  /** The test whose trend is shown. */
  readonly chosen?: string | null;
  readonly onChoose?: (row: PanelRow) => void;
}

/** Collections side by side, the newest first; a test's name opens its trend. */
export function PanelTable({ label, grid, chosen = null, onChoose }: PanelTableProps) {
  const { t } = useTranslation("patient");
  const format = useFormat();
  const now = useNow();
  return (
    <ScrollTable label={label}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t("labs.test")}</Table.Th>
          {grid.columns.map(({ collectedAt, complete }) => (
            <Table.Th scope="col" key={collectedAt}>
              {format.clock(millis(collectedAt) ?? 0, now)}
              {!complete && (
                <Text size="xs" c="dimmed" span display="block">
                  {t("labs.incomplete")}
                </Text>
              )}
            </Table.Th>
          ))}
          <Table.Th scope="col">{t("labs.reference")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {grid.rows.map((row) => {
          const newest = row.cells.find((cell) => cell !== null);
          const name = (
            <>
              <bdi>{row.display}</bdi>
              {row.unit !== null && <span className={classes.unit}> {unitName(row.unit)}</span>}
            </>
          );
          return (
            <Table.Tr key={row.name} data-chosen={row.code === chosen || undefined} className={classes.row}>
              <Table.Th scope="row" title={row.name}>
                {onChoose && newest?.value ? (
                  <UnstyledButton className={classes.name} aria-pressed={row.code === chosen} onClick={() => onChoose(row)}>
                    {name}
                  </UnstyledButton>
                ) : (
                  name
                )}
              </Table.Th>
              {row.cells.map((result, column) => (
                <Cell key={grid.columns[column]?.collectedAt ?? column} result={result} unit={row.unit} />
              ))}
              <Table.Td className={classes.unit}>
                <bdi>{referenceRange(newest?.referenceLow, newest?.referenceHigh, format.decimal) ?? "–"}</bdi>
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </ScrollTable>
  );
}
