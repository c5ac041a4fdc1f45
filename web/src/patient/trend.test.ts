import { describe, expect, it } from "vitest";

import { asked, drawn, scaled, shifted, shown } from "./range";
import { earliest, labBands, news2Bands, pointsOf } from "./trend";

const asIs = (value: string) => value;
const point = (at: string, value: string) => ({ at: `2026-03-03T${at}:00Z`, value });

describe("points of buckets", () => {
  it("are the least and the greatest of each, in the order of time, and one where they are the same", () => {
    const points = pointsOf(
      [
        { minimum: point("10:00", "60"), maximum: point("09:00", "140") },
        { minimum: point("11:00", "80"), maximum: point("11:00", "80") },
      ],
      asIs,
    );
    expect(points.map(({ value }) => value)).toEqual([140, 60, 80]);
  });

  it("say what could only be compared", () => {
    const least = { ...point("10:00", "0.01"), comparator: "<" };
    expect(pointsOf([{ minimum: least, maximum: least }], asIs)[0]?.shown).toBe("< 0.01");
  });
});

describe("bands", () => {
  const band = (low: string | null, high: string | null, points: number, onOxygen: boolean | null = null) =>
    ({ low, high, points, onOxygen, scale: null });

  it("are those that give points, and meet where nothing is measured between", () => {
    const found = news2Bands({ news2Bands: [band(null, "35.0", 3), band("35.1", "36.0", 1), band("36.1", "38.0", 0)] }, false);
    expect(found.map(({ low, high, mark }) => [low?.toFixed(2) ?? null, high?.toFixed(2), mark])).toEqual([
      [null, "35.05", "3"],
      ["35.05", "36.05", "1"],
    ]);
  });

  it("are those for oxygen or for air, where they differ", () => {
    const both = { news2Bands: [band("93", "94", 1, true), band("93", null, 0, false)] };
    expect(news2Bands(both, true)).toHaveLength(1);
    expect(news2Bands(both, false)).toHaveLength(0);
  });

  it("of a test are its reference and what is critical, each with its mark", () => {
    const limit = { key: "k", version: 1, source: "s", specimen: null, inclusive: true };
    const found = labBands(
      {
        reference: { low: "3.5", high: "5.1" },
        criticalLimits: [
          { ...limit, side: "HIGH", value: "6.5" },
          { ...limit, side: "LOW", value: "2.5", inclusive: false },
        ],
      },
      asIs,
    );
    expect(found.map(({ mark }) => mark)).toEqual(["3.5–5.1", "≥ 6.5", "< 2.5"]);
    expect(found[1]).toMatchObject({ low: 6.5, high: null });
  });
});

describe("the stretch of time", () => {
  const HOUR = 3_600_000;
  const now = 1_000 * HOUR + 123;

  it("does not ask anew with every tick", () => {
    expect(asked({ preset: "h24" }, now)).toEqual(asked({ preset: "h24" }, now + 5_000));
    expect(asked({ preset: "all" }, now)).toEqual({ from: null, to: null });
  });

  it("shows all from the first value on", () => {
    expect(shown({ preset: "all" }, now, 5 * HOUR).from).toBe(5 * HOUR);
  });

  it("is never drawn beyond now, nor closer than there is something to see", () => {
    const range = { from: 990 * HOUR, to: 1_000 * HOUR };
    expect(scaled(range, 2, now).to).toBeLessThanOrEqual(now);
    expect(scaled(range, 2, now).to - scaled(range, 2, now).from).toBe(20 * HOUR);
    expect(shifted(range, 1, now).to).toBeLessThanOrEqual(now);
    expect(shifted(range, -1, now)).toEqual({ from: 985 * HOUR, to: 995 * HOUR });
    const close = drawn({ from: 10, to: 20 });
    expect(close.to - close.from).toBe(HOUR / 4);
  });

  it("begins at the earliest of what is known", () => {
    expect(earliest([null, "2026-03-03T10:00:00Z", "2026-03-03T09:00:00Z"])).toBe(Date.parse("2026-03-03T09:00:00Z"));
    expect(earliest([null, undefined])).toBeNull();
  });
});
