/** What a chart needs before anything is drawn: values on shared times, and the ends of its axes. */

/** A measured value; `at` is milliseconds since the epoch, `shown` the value as it was sent. */
export interface ChartPoint {
  readonly at: number;
  readonly value: number;
  readonly shown: string;
}

/** Values that mean the same, e.g. "critical"; null: open at that end. */
export interface ChartBand {
  readonly low: number | null;
  readonly high: number | null;
  readonly tone: "reference" | "critical" | "points1" | "points2" | "points3";
  /** Written at its edge, because a colour alone says nothing: "3", "≥ 6.5". */
  readonly mark: string;
}

export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

export interface Aligned {
  readonly times: readonly number[];
  /** For each line, for each time: the point, or null where that line has none. */
  readonly rows: readonly (readonly (ChartPoint | null)[])[];
}

export function aligned(lines: readonly (readonly ChartPoint[])[]): Aligned {
  const times = [...new Set(lines.flatMap((line) => line.map((point) => point.at)))].sort((a, b) => a - b);
  const rows = lines.map((line) => {
    const at = new Map(line.map((point) => [point.at, point]));
    return times.map((time) => at.get(time) ?? null);
  });
  return { times, rows };
}

/** How many digits after the point a step needs, so that all numbers of an axis are written alike: 4.0, 4.5, 5.0. */
export function digitsOf(step: number): number {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

/**
 * The ends of the axis of values: every value, `kept` (a reference range, which is what a value is read against), and
 * each edge of a band that is not so far away that the line would lie flat. Where there is a reference range, the limits
 * of what is critical may lie further off: how near a value is to them is what one looks for.
 */
export function valueRange(
  values: readonly number[],
  kept: readonly number[],
  edges: readonly number[],
  least: number,
): readonly [number, number] {
  const all = [...values, ...kept];
  if (all.length === 0) return [0, Math.max(1, least)];
  let [low, high] = [Math.min(...all), Math.max(...all)];
  const missing = Math.max(0, least - (high - low)) / 2;
  [low, high] = [low - missing, high + missing];
  const near = (high - low) * (kept.length > 0 ? 1 : 0.5);
  const reached = edges.filter((edge) => edge >= low - near && edge <= high + near);
  [low, high] = [Math.min(low, ...reached), Math.max(high, ...reached)];
  const air = (high - low) * 0.08;
  return [low - air, high + air];
}
