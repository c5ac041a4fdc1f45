import { expect, it } from "vitest";

import { trialTable } from "./trial";

it("has a line for each day and a column for each ward, no ward last", () => {
  const counts = [
    { day: "2026-03-02", ward: { code: "MED1" }, raised: 2 },
    { day: "2026-03-01", ward: null, raised: 1 },
    { day: "2026-03-01", ward: { code: "MED1" }, raised: 1 },
    { day: "2026-03-02", ward: { code: "ICU" }, raised: 3 },
  ];
  expect(trialTable(counts)).toEqual({
    wards: ["ICU", "MED1", null],
    days: [
      { day: "2026-03-01", byWard: [0, 1, 1], whole: 2 },
      { day: "2026-03-02", byWard: [3, 2, 0], whole: 5 },
    ],
    most: 5,
  });
});

it("is empty where nothing was raised", () => {
  expect(trialTable([])).toEqual({ wards: [], days: [], most: 0 });
});
