import { expect, it } from "vitest";

import { overdue, pressing, withCritical, without, type OpenCriticals } from "./open";
import { sample } from "./sample";

const none: OpenCriticals = { open: [], total: 0 };

it("puts what is overdue first, then the urgent, the escalated and those that have waited", () => {
  const list = [
    sample({ id: "newer", raisedAt: "2026-01-01T09:30:00Z" }),
    sample({ id: "older" }),
    sample({ id: "review", urgency: "URGENT_REVIEW", escalationLevel: 3 }),
    sample({ id: "escalated", escalationLevel: 1, raisedAt: "2026-01-01T09:40:00Z" }),
    sample({ id: "emergency", urgency: "EMERGENCY" }),
    sample({ id: "overdue", urgency: "URGENT_REVIEW", nextEscalationAt: null }),
  ];
  expect(list.sort(pressing).map((one) => one.id)).toEqual(["overdue", "emergency", "escalated", "older", "newer", "review"]);
});

it("is overdue only while it is open", () => {
  expect(overdue(sample({ nextEscalationAt: null }))).toBe(true);
  expect(overdue(sample({ nextEscalationAt: null, status: "ACKNOWLEDGED" }))).toBe(false);
  expect(overdue(sample())).toBe(false);
});

it("bears every change twice", () => {
  const one = withCritical(withCritical(none, sample()), sample());
  expect(one).toEqual({ open: [sample()], total: 1 });
  const closed = withCritical(withCritical(one, sample({ status: "ACKNOWLEDGED" })), sample({ status: "ACKNOWLEDGED" }));
  expect(closed).toEqual(none);
  expect(without(without(one, "crt_1"), "crt_1")).toEqual(none);
});

it("counts those beyond the first hundred", () => {
  const many: OpenCriticals = { open: [sample()], total: 150 };
  expect(withCritical(many, sample({ id: "crt_2" })).total).toBe(151);
  expect(withCritical(many, sample({ status: "WITHDRAWN" })).total).toBe(149);
});

it("changes nothing where the list may not be seen", () => {
  const refused: OpenCriticals = { open: null, total: 0 };
  expect(withCritical(refused, sample())).toBe(refused);
  expect(without(refused, "crt_1")).toBe(refused);
});
