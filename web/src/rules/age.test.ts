import { expect, it } from "vitest";

import { ageOf, hoursOf } from "./age";

it.each([
  [140256, 16, "years"],
  [730, 1, "months"],
  [4383, 6, "months"],
  [48, 2, "days"],
  [5, 5, "hours"],
  [0, 0, "hours"],
] as const)("says %i hours as %i %s, and back", (hours, n, unit) => {
  expect(ageOf(hours)).toEqual({ n, unit });
  expect(hoursOf({ n, unit })).toBe(hours);
});
