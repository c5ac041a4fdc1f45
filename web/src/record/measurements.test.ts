import { describe, expect, it } from "vitest";

import { isEmpty, NOTHING_TYPED, plainNumber, standsInTheWay, valuesOf, verdicts, type Field, type Typed } from "./measurements";

function typed(fields: Partial<Record<Field, string>>, rest: Partial<Typed> = {}): Typed {
  return { ...NOTHING_TYPED, ...rest, fields: { ...NOTHING_TYPED.fields, ...fields } };
}

describe("a number", () => {
  it.each([
    ["37.2", "37.2"],
    [" 37,20 ", "37.20"],
    ["٣٧٫٢", "37.2"],
    ["۸۸", "88"],
    ["", null],
    ["-3", null],
    ["1e3", null],
    ["37.", null],
    ["1,000.5", null],
  ])("%j is %j", (text, number) => {
    expect(plainNumber(text)).toBe(number);
  });
});

describe("a value", () => {
  it.each<[Field, string, string]>([
    ["heartRate", "72", "right"],
    ["heartRate", "72.5", "notWhole"],
    ["heartRate", "301", "implausible"],
    ["heartRate", "1000", "impossible"],
    ["oxygenSaturation", "101", "impossible"],
    ["temperature", "24,9", "implausible"],
    ["temperature", "98.6", "impossible"],
    ["temperature", "x", "notANumber"],
  ])("%s %s is %s", (field, text, verdict) => {
    expect(verdicts(typed({ [field]: text }))[field]).toBe(verdict);
  });

  it("cannot be confirmed where two of them contradict each other", () => {
    const crossed = typed({ systolic: "80", diastolic: "120" }, { confirmed: ["diastolic"] });
    expect(verdicts(crossed).diastolic).toBe("overSystolic");
    expect(standsInTheWay(crossed)).toBe("diastolic");
    expect(standsInTheWay(typed({ systolic: "0", diastolic: "0" }))).toBeNull();
  });
});

describe("a set", () => {
  it("is sent with what was confirmed, and with nothing else confirmed", () => {
    const odd = typed({ heartRate: "310", temperature: "36,80" });
    expect(standsInTheWay(odd)).toBe("heartRate");
    const confirmed: Typed = { ...odd, confirmed: ["heartRate", "temperature"] };
    expect(standsInTheWay(confirmed)).toBeNull();
    expect(valuesOf(confirmed)).toMatchObject({ heartRate: 310, temperature: "36.80", systolic: null, confirmed: ["HEART_RATE"] });
    expect(valuesOf(typed({ heartRate: "72" })).confirmed).toBeNull();
  });

  it("is empty with the word on oxygen alone", () => {
    expect(isEmpty(typed({}, { onOxygen: true }))).toBe(true);
    expect(isEmpty(typed({}, { consciousness: "ALERT" }))).toBe(false);
    expect(isEmpty(typed({ painScore: "0" }))).toBe(false);
  });
});
