import { expect, it } from "vitest";

import { keyAfter, newKey } from "./idempotency";

it("keeps a key while it is not known whether it was used, and while it was not", () => {
  const key = newKey();
  expect(keyAfter(key, { key: "unanswered" })).toBe(key);
  expect(keyAfter(key, { key: "refused", message: "too late", field: null })).toBe(key);
  expect(keyAfter(key, null)).toBe(key);
});

it("takes a new one after what was done under it", () => {
  const key = newKey();
  expect(keyAfter(key, { key: "wentThrough" })).not.toBe(key);
});
