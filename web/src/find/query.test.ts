import { expect, it } from "vitest";

import { wanted } from "./query";

it.each([
  ["berg", "berg", null],
  ["  Berg   Ada ", "Berg Ada", null],
  ["Berg, Ada", "Berg Ada", null],
  ["MRN-0042", "MRN-0042", null],
  ["1950-06-15", null, "1950-06-15"],
  ["15.06.1950", null, "1950-06-15"],
  ["5/6/1950", null, "1950-06-05"],
  ["berg 15.06.1950", "berg", "1950-06-15"],
  ["29.02.2000", null, "2000-02-29"],
  ["31.02.1950", "31.02.1950", null],
  ["10042", "10042", null],
])("looks for %s", (typed, search, birthDate) => {
  expect(wanted(typed)).toEqual({ search, birthDate });
});

it.each(["", " ", "b", " b "])("does not look for '%s'", (typed) => {
  expect(wanted(typed)).toBeNull();
});
