/** Trends of the API as points to draw and as rows to read. */
import type { LabTrendOfQuery, TrendLineFragment } from "../generated/graphql";
import { referenceRange } from "../format/result";
import { millis } from "../format/time";
import type { ChartBand, ChartPoint } from "../ui/chartScale";

interface SentPoint {
  readonly at: string;
  readonly value: string;
  readonly comparator?: string | null;
}

interface Bucket {
  readonly minimum: SentPoint;
  readonly maximum: SentPoint;
}

type Decimal = (value: string) => string;

/** The least and the greatest of each stretch, in the order of time; one point where they are the same. */
export function pointsOf(buckets: readonly Bucket[] | null | undefined, decimal: Decimal): readonly ChartPoint[] {
  const points = new Map<string, ChartPoint>();
  for (const { minimum, maximum } of buckets ?? []) {
    for (const { at, value, comparator } of [minimum, maximum]) {
      const time = millis(at);
      if (time === null) continue;
      points.set(`${at} ${value}`, {
        at: time,
        value: Number(value),
        shown: [comparator, decimal(value)].filter(Boolean).join(" "),
      });
    }
  }
  return [...points.values()].sort((a, b) => a.at - b.at);
}

const POINTS = ["points1", "points1", "points2", "points3"] as const;

/** The bands that give points. On the second scale for saturation they differ with oxygen: those for `onOxygen` count. */
export function news2Bands(trend: Pick<TrendLineFragment, "news2Bands">, onOxygen: boolean): readonly ChartBand[] {
  const bands = (trend.news2Bands ?? []).filter((band) => band.onOxygen === null || band.onOxygen === onOxygen);
  const edges = bands.flatMap((band) => [band.low, band.high]).filter((edge) => edge !== null);
  // Between 38.0 and 38.1 lies nothing that is measured: the bands meet in the middle.
  const half = edges.some((edge) => edge.includes(".")) ? 0.05 : 0.5;
  return bands
    .filter((band) => band.points > 0)
    .map((band) => ({
      low: band.low === null ? null : Number(band.low) - half,
      high: band.high === null ? null : Number(band.high) + half,
      tone: POINTS[band.points] ?? "points3",
      mark: String(band.points),
    }));
}

type LabTrend = NonNullable<NonNullable<LabTrendOfQuery["patient"]>["labTrend"]>;

/** The reference range, and what is critical on either side of it. */
export function labBands(trend: Pick<LabTrend, "reference" | "criticalLimits">, decimal: Decimal): readonly ChartBand[] {
  const { reference } = trend;
  const mark = referenceRange(reference?.low, reference?.high, decimal);
  const critical = (trend.criticalLimits ?? []).map((limit): ChartBand => {
    const sign = limit.side === "LOW" ? "<" : ">";
    const value = Number(limit.value);
    return {
      low: limit.side === "HIGH" ? value : null,
      high: limit.side === "LOW" ? value : null,
      tone: "critical",
      mark: `${sign}${limit.inclusive ? "=" : ""} ${decimal(limit.value)}`.replace("<=", "≤").replace(">=", "≥"),
    };
  });
  if (mark === null || !reference) return critical;
  const low = reference.low === null ? null : Number(reference.low);
  const high = reference.high === null ? null : Number(reference.high);
  return [{ low, high, tone: "reference", mark }, ...critical];
}

/** The ends of the reference range: a value is read against them, so they are in the picture. */
export function referenceEdges({ reference }: Pick<LabTrend, "reference">): readonly number[] {
  return [reference?.low, reference?.high].flatMap((edge) => (edge === null || edge === undefined ? [] : [Number(edge)]));
}

/** The earliest of the times; null where there is none. */
export function earliest(times: readonly (string | null | undefined)[]): number | null {
  const known = times.map(millis).filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
