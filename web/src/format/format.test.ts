import { describe, expect, it } from "vitest";

import type { VitalsOnCardFragment } from "../generated/graphql";
import { age } from "./patient";
import { interpretationText, readBackNumber, referenceRange, resultValue } from "./result";
import { ago, lasting, millis } from "./time";
import { news2, readings } from "./vitals";
import { words } from "./words";

const MINUTE = 60_000;

describe("times", () => {
  it.each([
    [59_999, "just now"],
    [-5_000, "just now"],
    [MINUTE, "1 min ago"],
    [59 * MINUTE, "59 min ago"],
    [60 * MINUTE, "1 h ago"],
    [47 * 60 * MINUTE, "47 h ago"],
    [48 * 60 * MINUTE, "2 d ago"],
  ])("%d ms is %s", (passed, text) => {
    expect(ago(1_000_000_000 - passed, 1_000_000_000)).toBe(text);
  });

  it("says how long something lasts", () => {
    expect([lasting(10, 0), lasting(0, 45_900), lasting(0, 90_000), lasting(0, 125 * MINUTE)]).toEqual([
      "0 s",
      "45 s",
      "1 min",
      "2 h",
    ]);
  });

  it("reads a DateTime with its offset", () => {
    expect(millis("2026-01-01T01:00:00+01:00")).toBe(Date.UTC(2026, 0, 1));
    expect(millis(null)).toBeNull();
    expect(millis("soon")).toBeNull();
  });
});

describe("age", () => {
  it.each([
    ["2026-06-15", "0 d"],
    ["2026-05-19", "27 d"],
    ["2026-05-18", "4 wk"],
    ["2026-03-16", "13 wk"],
    ["2026-03-15", "3 mo"],
    ["2024-06-16", "23 mo"],
    ["2024-06-15", "2 y"],
    ["1950-06-16", "75 y"],
    ["1950-06-15", "76 y"],
    ["2026-06-16", null],
    ["", null],
    [null, null],
  ])("born %s is %s on 15 June 2026", (born, text) => {
    expect(age(born, new Date(2026, 5, 15, 23, 30))).toBe(text);
  });
});

describe("a result", () => {
  it("keeps the number as the laboratory sent it", () => {
    expect(resultValue({ value: "6.90", unit: "mmol/L" })).toBe("6.90 mmol/L");
    expect(resultValue({ value: "0.5", comparator: "<", unit: "10*3/uL" })).toBe("< 0.5 10*3/uL");
    expect(resultValue({ value: "0" })).toBe("0");
    expect(resultValue({ text: "haemolysed" })).toBe("haemolysed");
    expect(resultValue({})).toBe("no value");
  });

  it("says its range and what it means", () => {
    expect(referenceRange("3.5", "5.1")).toBe("3.5–5.1");
    expect(referenceRange("3.5", null)).toBe("≥ 3.5");
    expect(referenceRange(undefined, "0.4")).toBe("≤ 0.4");
    expect(referenceRange(null, null)).toBeNull();
    expect(interpretationText("CRITICAL_HIGH")).toBe("↑ critically high");
    expect(interpretationText("NORMAL")).toBe("normal");
  });

  it.each([
    ["6.9", "6.9"],
    [" 6,9 ", "6.9"],
    ["-3", "-3"],
    ["6.90", "6.90"],
    ["1,234.5", null],
    ["6.9 mmol/L", null],
    ["6.", null],
    ["1e3", null],
    ["", null],
  ])("reads back %s as %s", (typed, number) => {
    expect(readBackNumber(typed)).toBe(number);
  });
});

const VITALS: VitalsOnCardFragment = {
  id: "vit_1",
  recordedAt: "2026-01-01T00:00:00Z",
  heartRate: 0,
  systolic: 118,
  diastolic: null,
  respiratoryRate: null,
  temperature: "36.60",
  oxygenSaturation: 97,
  onOxygen: true,
  consciousness: "CONFUSION",
  news2: null,
};

describe("vitals", () => {
  it("shows what was recorded, zero too, and nothing for what was not", () => {
    expect(Object.fromEntries(readings(VITALS).map((one) => [one.label, one.value]))).toEqual({
      Resp: null,
      "SpO₂": "97",
      BP: "118/–",
      Pulse: "0",
      AVPU: "New confusion",
      Temp: "36.60",
    });
    expect(readings(VITALS).find((one) => one.label === "SpO₂")?.unit).toBe("% on O₂");
  });

  it("never shows a score without its words", () => {
    const score = (total: number | null, risk: "LOW" | "LOW_MEDIUM" | "MEDIUM" | "HIGH" | null) =>
      news2({ total, risk, highestSingle: null, missing: total === null ? ["respiratoryRate", "ON_OXYGEN"] : [] });
    expect(score(0, "LOW")).toEqual({ tone: "low", number: "0", text: "low" });
    expect(score(3, "LOW_MEDIUM")).toEqual({ tone: "single", number: "3", text: "a single 3" });
    expect(score(5, "MEDIUM")).toEqual({ tone: "medium", number: "5", text: "medium" });
    expect(score(9, "HIGH")).toEqual({ tone: "high", number: "9", text: "high" });
    expect(score(null, null).number).toBe("?");
    expect(score(null, null).text).toContain("respiratory rate");
    expect(news2(null)).toEqual({ tone: "none", number: "–", text: "does not apply" });
  });
});

it("turns names into words", () => {
  expect([words("HOUSEKEEPING"), words("CHARGE_NURSE"), words("respiratoryRate"), words("on_oxygen")]).toEqual([
    "Housekeeping",
    "Charge nurse",
    "respiratory rate",
    "on oxygen",
  ]);
});
