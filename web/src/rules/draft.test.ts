import { expect, it } from "vitest";

import { draftOf, EMPTY, faultsOf, inputOf } from "./draft";

const RULE = {
  id: "rul_1",
  key: "potassium-adult",
  version: 3,
  test: "potassium",
  codes: ["2823-3", "6298-4"],
  unit: "mmol/L",
  low: "2.5",
  lowComparator: "<",
  high: null,
  highComparator: null,
  minAgeHours: 140256,
  maxAgeHours: null,
  sex: null,
  specimen: null,
  ward: null,
  repeatWindowMinutes: 240,
  source: "WakeMed",
  activeFrom: "2026-01-01T00:00:00Z",
  createdBy: null,
  retiredAt: null,
  retiredBy: null,
  retiredReason: null,
} as const;

it("gives back the rule that it was made of", () => {
  const { test, codes, unit, low, lowComparator, minAgeHours, source } = RULE;
  expect(inputOf(draftOf(RULE))).toEqual({
    ...{ test, codes, unit, low, lowComparator, minAgeHours, source },
    ...{ high: null, highComparator: null, maxAgeHours: null, sex: null, specimen: null, ward: null },
    repeatWindowMinutes: 240,
  });
});

it("takes a comma for a decimal point, and codes however they are parted", () => {
  const input = inputOf({ ...EMPTY, low: "2,5", codes: "2823-3; 6298-4\n2824-1" });
  expect(input.low).toBe("2.5");
  expect(input.codes).toEqual(["2823-3", "6298-4", "2824-1"]);
});

it("names what is no number", () => {
  expect(faultsOf(EMPTY)).toEqual(new Set());
  expect(faultsOf({ ...EMPTY, low: "two", maxAge: "x", repeatWindow: "" })).toEqual(
    new Set(["rule.low", "rule.maxAgeHours", "rule.repeatWindowMinutes"]),
  );
});
