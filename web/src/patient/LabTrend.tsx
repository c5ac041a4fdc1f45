import { Skeleton, Stack, Switch, Table, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { referenceRange, unitName } from "../format/result";
import { millis } from "../format/time";
import { LabTrendOfDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { Chart } from "../ui/Chart";
import { ProblemNote } from "../ui/Problem";
import { usePatientFile } from "./file";
import { asked, drawn, shown, usualRange, type Selection } from "./range";
import { RangeBar } from "./RangeBar";
import { ScrollTable } from "./ScrollTable";
import { Section } from "./Section";
import { labBands, pointsOf, referenceEdges } from "./trend";
import { useFileQuery } from "./useFileQuery";

const POINTS = 400;
const HEIGHT = 260;

/** One test over time with its reference range and what is critical, as a chart and as the same numbers in a table. */
export function LabTrend({ code, name }: { readonly code: string; readonly name: string }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const { patient, pulse } = usePatientFile();
  const format = useFormat();
  const now = useNow();
  const [usual] = useState(() => usualRange(millis(patient.admission?.admittedAt), now, "d7"));
  const [selection, setSelection] = useState<Selection>(usual);
  const [asTable, setAsTable] = useState(false);
  const variables = { id: patient.id, code, ...asked(selection, now), points: POINTS };
  const { data, problem, again } = useFileQuery(LabTrendOfDocument, variables, pulse);
  const trend = data?.patient?.labTrend;
  const points = useMemo(() => pointsOf(trend?.buckets, format.decimal), [trend, format]);
  const lines = useMemo(() => [{ label: name, points }], [name, points]);
  const bands = useMemo(() => (trend ? labBands(trend, format.decimal) : []), [trend, format]);
  const kept = useMemo(() => (trend ? referenceEdges(trend) : []), [trend]);
  const unit = unitName(trend?.unit ?? "");
  const range = shown(selection, now, millis(trend?.start));
  const reference = referenceRange(trend?.reference?.low, trend?.reference?.high, format.decimal);
  const leftOut = (trend?.leftOut ?? []).reduce((sum, one) => sum + one.count, 0);
  const limits = (trend?.criticalLimits ?? []).map((limit) => `${limit.key} v${limit.version} (${limit.source})`);

  return (
    <Section
      title={t("labs.trend", { name })}
      unit={unit}
      aside={<Switch label={t("labs.asTable")} checked={asTable} onChange={(event) => setAsTable(event.currentTarget.checked)} />}
    >
      <Stack gap="xs">
        <RangeBar selection={selection} range={range} onSelect={setSelection} usual={usual} />
        <ProblemNote problem={problem} onAgain={again} />
        {!trend && problem === null && <Skeleton height={HEIGHT} />}
        {trend && points.length === 0 && (
          <Text c="dimmed" ta="center" py="xl">
            {t("labs.noneInRange")}
          </Text>
        )}
        {trend && points.length > 0 && !asTable && (
          <Chart
            label={name}
            unit={unit}
            lines={lines}
            bands={bands}
            kept={kept}
            range={range}
            onZoom={(next) => setSelection(drawn(next))}
            height={HEIGHT}
          />
        )}
        {trend && points.length > 0 && asTable && (
          <ScrollTable label={t("labs.trend", { name })}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("word.time")}</Table.Th>
                <Table.Th scope="col">
                  {name} {unit}
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {points.toReversed().map((point) => (
                <Table.Tr key={`${point.at} ${point.shown}`}>
                  <Table.Th scope="row">{format.dateTime(point.at)}</Table.Th>
                  <Table.Td>
                    <bdi>{point.shown}</bdi>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </ScrollTable>
        )}
        <Text size="xs" c="dimmed">
          {[
            trend && t("labs.drawn", { count: trend.count }),
            trend && points.length < trend.count && t("labs.sampled"),
            reference && t("labs.referenceIs", { range: [reference, unit].filter(Boolean).join(" ") }),
            limits.length > 0 && t("labs.criticalBy", { rules: [...new Set(limits)].join(", ") }),
            leftOut > 0 && t("labs.leftOut", { count: leftOut }),
          ]
            .filter(Boolean)
            .join(" ")}
        </Text>
      </Stack>
    </Section>
  );
}
