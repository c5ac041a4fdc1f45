import { SimpleGrid, Skeleton, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { millis } from "../format/time";
import { VitalTrendsDocument, type VitalTrendsQuery } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { Chart } from "../ui/Chart";
import type { TimeRange } from "../ui/chartScale";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { Column } from "./Column";
import { usePatientFile } from "./file";
import { asked, drawn, shown, usualRange, type Selection } from "./range";
import { RangeBar } from "./RangeBar";
import { Section } from "./Section";
import { earliest, news2Bands, pointsOf } from "./trend";
import { useFileQuery } from "./useFileQuery";
import { VitalsTable } from "./VitalsTable";

/** As many points as a chart has room for on a wide screen. */
const POINTS = 400;

const HEIGHT = 180;

/** The charts in the order of the NEWS2 chart, with the least height of each axis. */
const CHARTS = [
  { name: "respiration", parameter: "RESPIRATORY_RATE", lines: ["respiration"], least: 10, unit: "/min" },
  { name: "saturation", parameter: "OXYGEN_SATURATION", lines: ["saturation"], least: 8, unit: "%" },
  { name: "pressure", parameter: null, lines: ["systolic", "diastolic"], least: 40, unit: "mmHg" },
  { name: "pulse", parameter: "HEART_RATE", lines: ["pulse"], least: 30, unit: "/min" },
  { name: "temperature", parameter: "TEMPERATURE", lines: ["temperature"], least: 2, unit: "°C" },
] as const;

/** Shown only where they were ever measured. */
const FURTHER = [
  { name: "weight", parameter: "WEIGHT_KG", lines: ["weight"], least: 4, unit: "kg" },
  { name: "pain", parameter: "PAIN_SCORE", lines: ["pain"], least: 4, unit: "/10" },
] as const;

type Spec = (typeof CHARTS)[number] | (typeof FURTHER)[number];
type Trends = VitalTrendsQuery["patient"];

interface TrendProps {
  readonly spec: Spec;
  readonly trends: Trends;
  readonly range: TimeRange;
  readonly onZoom: (range: TimeRange) => void;
}

function Trend({ spec, trends, range, onZoom }: TrendProps) {
  const { t } = useTranslation(["patient", "clinical"]);
  const { patient } = usePatientFile();
  const format = useFormat();
  const lines = useMemo(
    () =>
      spec.lines.flatMap((name) => {
        const trend = trends?.[name];
        return trend ? [{ label: t(`clinical:parameter.${trend.parameter}`), points: pointsOf(trend.buckets, format.decimal), trend }] : [];
      }),
    [spec, trends, t, format],
  );
  const onOxygen = patient.latestVitals?.onOxygen ?? false;
  // Of a blood pressure the systolic is scored, which is the first line.
  const bands = useMemo(() => (lines[0] ? news2Bands(lines[0].trend, onOxygen) : []), [lines, onOxygen]);
  const title = spec.parameter === null ? t("clinical:vital.pressureLong") : t(`clinical:parameter.${spec.parameter}`);
  const empty = lines.every((line) => line.points.length === 0);
  return (
    <Section
      title={title}
      unit={spec.unit}
      aside={
        spec.parameter === null && (
          <Text size="sm" c="dimmed">
            — {t("clinical:parameter.SYSTOLIC")} ┄ {t("clinical:parameter.DIASTOLIC")}
          </Text>
        )
      }
    >
      {trends === null ? (
        <Skeleton height={HEIGHT} />
      ) : empty ? (
        <Text c="dimmed" py="lg" ta="center">
          {t("vitals.noneInRange")}
        </Text>
      ) : (
        <Chart label={title} unit={spec.unit} lines={lines} bands={bands} least={spec.least} range={range} onZoom={onZoom} height={HEIGHT} group="vitals" />
      )}
    </Section>
  );
}

/** The trends of the vital signs under each other's time, and the sets they come from. */
export function VitalsTab() {
  const { t } = useTranslation("patient");
  const { patient, pulse } = usePatientFile();
  const now = useNow();
  const [usual] = useState(() => usualRange(millis(patient.admission?.admittedAt), now, "h72"));
  const [selection, setSelection] = useState<Selection>(usual);
  const wanted = asked(selection, now);
  const { data, problem, again } = useFileQuery(VitalTrendsDocument, { id: patient.id, ...wanted, points: POINTS }, pulse);
  const trends = data?.patient ?? null;
  const names = [...CHARTS, ...FURTHER].flatMap(({ lines }) => lines);
  const first = earliest(names.map((name) => trends?.[name]?.start));
  const range = shown(selection, now, first);
  const zoom = (next: TimeRange) => setSelection(drawn(next));
  const further = FURTHER.filter(({ name }) => (trends?.[name]?.count ?? 0) > 0);

  return (
    <Column>
      <RangeBar selection={selection} range={range} onSelect={setSelection} usual={usual} />
      <ProblemNote problem={problem} onAgain={again} />
      {patient.latestVitals === null ? (
        <Empty title={t("vitals.none")}>{t("vitals.noneText")}</Empty>
      ) : (
        <>
          <Text size="sm" c="dimmed">
            {t("vitals.hint")} {patient.spo2Scale === "SCALE_2" && t(patient.latestVitals.onOxygen ? "vitals.scale2Oxygen" : "vitals.scale2Air")}
          </Text>
          <SimpleGrid cols={{ base: 1, lg: 2, xl: 3 }}>
            {[...CHARTS, ...further].map((spec) => (
              <Trend key={spec.name} spec={spec} trends={trends} range={range} onZoom={zoom} />
            ))}
          </SimpleGrid>
          <VitalsTable asked={wanted} />
        </>
      )}
    </Column>
  );
}
