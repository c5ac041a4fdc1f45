import { describe, expect, it } from "vitest";

import type { VitalsOnCardFragment } from "../generated/graphql";
import { formatOf } from "../i18n/format";
import { age, initials } from "./patient";
import { interpretationSign, referenceRange, resultValue, typedNumber, unitName } from "./result";
import { millis } from "./time";
import { byRisk, news2, readings, type Score } from "./vitals";

const MINUTE = 60_000;
const plain = (value: string) => value;
const { decimal } = formatOf("de", "gerade eben");

describe("times", () => {
  const english = formatOf("en", "just now");

  // The words are those of this Node's ICU, which change from one to the next; the number and the unit are ours.
  const relative = new Intl.RelativeTimeFormat("en-GB", { style: "short" });
  const lasts = (n: number, unit: string) =>
    new Intl.NumberFormat("en-GB", { style: "unit", unit, unitDisplay: "short" }).format(n);

  it.each([
    [MINUTE, 1, "minute"],
    [59 * MINUTE, 59, "minute"],
    [60 * MINUTE, 1, "hour"],
    [47 * 60 * MINUTE, 47, "hour"],
    [48 * 60 * MINUTE, 2, "day"],
  ] as const)("%d ms is %d %s ago", (passed, n, unit) => {
    expect(english.ago(1_000_000_000 - passed, 1_000_000_000)).toBe(relative.format(-n, unit));
  });

  it.each([59_999, -5_000])("%d ms is just now", (passed) => {
    expect(english.ago(1_000_000_000 - passed, 1_000_000_000)).toBe("just now");
  });

  it.each([
    [-10, 0, "second"],
    [45_900, 45, "second"],
    [90_000, 1, "minute"],
    [125 * MINUTE, 2, "hour"],
    [49 * 60 * MINUTE, 2, "day"],
  ])("%d ms lasts %d %s", (ms, n, unit) => {
    expect(english.lasting(ms)).toBe(lasts(n, unit));
  });

  it("reads a DateTime with its offset", () => {
    expect(millis("2026-01-01T01:00:00+01:00")).toBe(Date.UTC(2026, 0, 1));
    expect(millis(null)).toBeNull();
    expect(millis("soon")).toBeNull();
  });

  it("keeps a day where it is, whatever the zone", () => {
    expect(english.date("1950-06-15")).toBe("15 Jun 1950");
    expect(formatOf("de", "").date("1950-06-15")).toBe("15. Juni 1950");
  });
});

describe("age", () => {
  it.each([
    ["2026-06-15", "days", 0],
    ["2026-05-19", "days", 27],
    ["2026-05-18", "weeks", 4],
    ["2026-03-16", "weeks", 13],
    ["2026-03-15", "months", 3],
    ["2024-06-16", "months", 23],
    ["2024-06-15", "years", 2],
    ["1950-06-16", "years", 75],
    ["1950-06-15", "years", 76],
  ])("born %s is in %s %d on 15 June 2026", (born, unit, n) => {
    expect(age(born, new Date(2026, 5, 15, 23, 30))).toEqual({ unit, n });
  });

  it.each(["2026-06-16", "", null])("born %s is not known", (born) => {
    expect(age(born, new Date(2026, 5, 15, 23, 30))).toBeNull();
  });

  it("is not read off initials", () => {
    expect(initials({ givenName: "Ada", familyName: "Östberg" })).toBe("Ö. A.");
    expect(initials({ givenName: "", familyName: "Berg" })).toBe("B.");
  });
});

describe("a result", () => {
  it("keeps the digits as the laboratory sent them", () => {
    expect(resultValue({ value: "6.90", unit: "mmol/L" }, plain)).toBe("6.90 mmol/L");
    expect(resultValue({ value: "6.90", unit: "mmol/L" }, decimal)).toBe("6,90 mmol/L");
    expect(resultValue({ value: "0.5", comparator: "<", unit: "10*3/uL" }, plain)).toBe("< 0.5 ×10³/µL");
    expect(resultValue({ value: "7.0", unit: "{INR}" }, plain)).toBe("7.0");
    expect(resultValue({ value: "7.18", unit: "[pH]" }, plain)).toBe("7.18");
    expect(["mm[Hg]", "umol/L", "10*9/L", "U/L", "mL/min/{1.73_m2}"].map(unitName)).toEqual(["mmHg", "µmol/L", "×10⁹/L", "U/L", "mL/min/1.73 m2"]);
    expect(resultValue({ value: "0" }, decimal)).toBe("0");
    expect(resultValue({ text: "haemolysed" }, plain)).toBe("haemolysed");
    expect(resultValue({}, plain)).toBeNull();
    expect(decimal("12345678901234.5678")).toBe("12345678901234,5678");
    expect(formatOf("ar", "").decimal("6.90")).toMatch(/^6[.,٫]90$/);
  });

  it("says its range and what it means", () => {
    expect(referenceRange("3.5", "5.1", plain)).toBe("3.5–5.1");
    expect(referenceRange("3.5", null, decimal)).toBe("≥ 3,5");
    expect(referenceRange(undefined, "0.4", plain)).toBe("≤ 0.4");
    expect(referenceRange(null, null, plain)).toBeNull();
    expect(["CRITICAL_HIGH", "HIGH", "CRITICAL_LOW", "NORMAL", "NOT_JUDGED"].map(interpretationSign)).toEqual([
      "↑↑",
      "↑",
      "↓↓",
      "",
      "?",
    ]);
  });

  it.each([
    ["6.9", "6.9"],
    [" 6,9 ", "6.9"],
    ["6٫9", "6.9"],
    ["-3", "-3"],
    ["6.90", "6.90"],
    ["1,234.5", null],
    ["6.9 mmol/L", null],
    ["6.", null],
    ["1e3", null],
    ["", null],
  ])("takes %s as %s", (typed, number) => {
    expect(typedNumber(typed)).toBe(number);
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

type Known = NonNullable<Score>;

function score(total: number | null, risk: Known["risk"], highestSingle: number | null = null, parts: Known["parts"] = {}): Known {
  return { total, risk, highestSingle, parts, missing: total === null ? ["respiratoryRate"] : [] };
}

describe("vitals", () => {
  it("shows what was recorded, zero too, and nothing for what was not", () => {
    expect(Object.fromEntries(readings(VITALS).map((one) => [one.name, one.value]))).toEqual({
      respiration: null,
      saturation: "97",
      pressure: "118/–",
      pulse: "0",
      consciousness: "CONFUSION",
      temperature: "36.60",
    });
  });

  it("has a tone and a number for each band", () => {
    expect(news2(score(0, "LOW"))).toEqual({ tone: "low", number: "0", missing: [] });
    expect(news2(score(3, "LOW_MEDIUM"))).toEqual({ tone: "single", number: "3", missing: [] });
    expect(news2(score(5, "MEDIUM"))).toEqual({ tone: "medium", number: "5", missing: [] });
    expect(news2(score(9, "HIGH"))).toEqual({ tone: "high", number: "9", missing: [] });
    expect(news2(score(null, null))).toEqual({ tone: "incomplete", number: "?", missing: ["respiratoryRate"] });
    expect(news2(score(null, null, 3))).toEqual({ tone: "single", number: "3+", missing: ["respiratoryRate"] });
    expect(news2(null)).toEqual({ tone: "none", number: "–", missing: [] });
  });

  it("never says less of an incomplete set than its points alone say", () => {
    const missing = ["respiratoryRate"];
    const least = (parts: Known["parts"]) => news2(score(null, null, 3, parts));
    expect(least({ systolic: 3, heartRate: 1 })).toEqual({ tone: "single", number: "4+", missing });
    expect(least({ systolic: 3, heartRate: 2 })).toEqual({ tone: "medium", number: "5+", missing });
    expect(least({ systolic: 3, heartRate: 3, oxygenSaturation: 3, onOxygen: 2 })).toEqual({ tone: "high", number: "11+", missing });
    expect(news2(score(null, null, 2, { systolic: 2, heartRate: 2, onOxygen: 2 })).tone).toBe("medium");
    const worst = score(null, null, 3, { systolic: 3, heartRate: 3, oxygenSaturation: 3 });
    expect([score(8, "HIGH"), worst, score(2, "LOW")].sort(byRisk)[0]).toBe(worst);
  });

  it("sorts the worst first", () => {
    const scores = [null, score(0, "LOW"), score(null, null), score(4, "LOW_MEDIUM"), score(8, "HIGH"), score(12, "HIGH")];
    expect([...scores].sort(byRisk).map((one) => one?.total)).toEqual([12, 8, 4, null, 0, undefined]);
  });
});
