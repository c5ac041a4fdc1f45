import { expect, it } from "vitest";

import type { CourseFragment } from "../generated/graphql";
import { takingsBack } from "./takingBack";

const NOW = Date.parse("2026-01-03T12:00:00Z");
const first = { startedAt: "2026-01-02T08:00:00Z", endedAt: "2026-01-03T08:00:00Z", cancelledAt: null };
const second = { startedAt: "2026-01-03T08:00:00Z", endedAt: null, cancelledAt: null };

function course(change: Partial<CourseFragment>): CourseFragment {
  const stays = [{ ...first, endedAt: null }];
  return { id: "adm", status: "IN_PROGRESS", admittedAt: "2026-01-02T08:00:00Z", dischargedAt: null, stays, ...change };
}

it.each([
  ["an admission", course({}), ["cancelAdmission"]],
  ["an admission of long ago", course({ admittedAt: "2025-12-20T08:00:00Z" }), []],
  ["an admission on leave", course({ status: "ON_LEAVE" }), []],
  ["a transfer", course({ stays: [second, first] }), ["cancelAdmission", "cancelTransfer"]],
  ["a transfer on leave", course({ status: "ON_LEAVE", stays: [second, first] }), ["cancelTransfer"]],
  ["a transfer that was taken back", course({ stays: [{ ...first, endedAt: null }, { ...second, endedAt: second.startedAt, cancelledAt: second.startedAt }] }), ["cancelAdmission"]],
  ["a discharge", course({ status: "FINISHED", dischargedAt: "2026-01-03T08:00:00Z", stays: [first] }), ["cancelDischarge"]],
  ["a discharge of long ago", course({ status: "FINISHED", dischargedAt: "2025-12-25T08:00:00Z", stays: [first] }), []],
  ["what was cancelled", course({ status: "CANCELLED" }), []],
])("of %s can be taken back what was the last", (_, given, expected) => {
  expect(takingsBack(given, true, NOW)).toEqual(expected);
  expect(takingsBack(given, false, NOW)).toEqual([]);
});
