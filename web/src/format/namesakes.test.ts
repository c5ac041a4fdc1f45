import { expect, it } from "vitest";

import { namesakes, namesakesOf } from "./namesakes";

const ward = [
  { id: "1", familyName: "Müller" },
  { id: "2", familyName: "muller" },
  { id: "3", familyName: "Miller" },
  { id: "4", familyName: "O'Brien" },
  { id: "5", familyName: "OBrien" },
  { id: "6", familyName: "?" },
  { id: "7", familyName: "–" },
];

it("finds who can be taken for each other, whatever the case, the accents and the signs", () => {
  expect([...namesakes(ward)].sort()).toEqual(["1", "2", "4", "5"]);
});

it("finds the others of one, not the patient, and nobody for a name without a letter", () => {
  expect(namesakesOf({ id: "2", familyName: "Muller" }, ward).map((one) => one.id)).toEqual(["1"]);
  expect(namesakesOf({ id: "6", familyName: "?" }, ward)).toEqual([]);
});
