import { expect, it } from "vitest";

import { countdown } from "./countdown";
import { typedOf, whatOf } from "./readBack";
import { sample } from "./sample";

const lab = sample().labResult;

it("asks for the number, the words or the score", () => {
  expect(whatOf(sample())).toBe("value");
  expect(whatOf(sample({ labResult: lab && { ...lab, value: null, text: "Gram-negative rods" } }))).toBe("text");
  expect(whatOf(sample({ kind: "DETERIORATION", labResult: null }))).toBe("score");
  // A number that this person may not see is still read back as one.
  expect(whatOf(sample({ labResult: null }))).toBe("value");
});

it("takes a comma for the point, and no unit", () => {
  expect(typedOf("value", " 6,9 ", "")).toEqual({ readBack: "6.9" });
  expect(typedOf("value", "6.9", " by telephone ")).toEqual({ readBack: "6.9", note: "by telephone" });
  expect(typedOf("value", "6.9 mmol/L", "")).toBeNull();
  expect(typedOf("score", "", "")).toBeNull();
});

it("reads words back in the note", () => {
  expect(typedOf("text", " Gram-negative rods ", "")).toEqual({ readBack: "0", note: "Gram-negative rods" });
  expect(typedOf("text", "  ", "")).toBeNull();
});

it("counts down to the second, and not below nothing", () => {
  expect([245_000, 3_723_000, 59_001, 500, 0, -5_000].map(countdown)).toEqual(["4:05", "1:02:03", "1:00", "0:01", "0:00", "0:00"]);
});
