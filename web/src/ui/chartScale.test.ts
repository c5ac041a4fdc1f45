import { describe, expect, it } from "vitest";

import { aligned, digitsOf, valueRange } from "./chartScale";

const at = (time: number, value: number) => ({ at: time, value, shown: String(value) });

describe("lines on shared times", () => {
  it("have a place for each time of any of them", () => {
    const { times, rows } = aligned([[at(1, 120), at(3, 118)], [at(2, 70), at(3, 72)]]);
    expect(times).toEqual([1, 2, 3]);
    expect(rows.map((row) => row.map((point) => point?.value ?? null))).toEqual([
      [120, null, 118],
      [null, 70, 72],
    ]);
  });
});

describe("the axis of values", () => {
  it("has every value and the reference in it", () => {
    const [low, high] = valueRange([4, 9], [3.5, 5.1], [], 0);
    expect(low).toBeLessThan(3.5);
    expect(high).toBeGreaterThan(9);
  });

  it("reaches an edge that is near, and lets go one that would flatten the line", () => {
    expect(valueRange([112, 128], [], [110, 219], 40)[0]).toBeLessThan(110);
    expect(valueRange([112, 128], [], [110, 219], 40)[1]).toBeLessThan(150);
  });

  it("shows what is critical beside a reference range that is not far from it", () => {
    const [low, high] = valueRange([4.3], [3.5, 5.1], [2.5, 6.5], 0);
    expect(low).toBeLessThan(2.5);
    expect(high).toBeGreaterThan(6.5);
  });

  it("is written with as many digits as its step has", () => {
    expect([0.05, 0.1, 0.5, 1, 20].map(digitsOf)).toEqual([2, 1, 1, 0, 0]);
  });

  it("does not make a change of noise", () => {
    const [low, high] = valueRange([37, 37.1], [], [], 2);
    expect(high - low).toBeGreaterThan(2);
  });
});
