import { expect, it } from "vitest";

import { Hearing } from "./hearing";

it("trusts the connections while the socket is heard", () => {
  const hearing = new Hearing();
  expect(hearing.isWhole(0)).toBe(false);
  hearing.heard(1_000);
  expect(hearing.isWhole(11_000)).toBe(true);
});

it("does not after a sleep, in which nothing was heard", () => {
  const hearing = new Hearing();
  hearing.heard(1_000);
  expect(hearing.isWhole(60_000)).toBe(false);
});

it("holds the connections of a socket that was lost for lost until the browser has dropped them", () => {
  const hearing = new Hearing();
  hearing.heard(1_000);
  hearing.lost(2_000);
  hearing.heard(3_000);
  expect(hearing.isWhole(4_000)).toBe(false);
  hearing.heard(303_000);
  expect(hearing.isWhole(304_000)).toBe(true);
});
