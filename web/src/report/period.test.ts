import { expect, it } from "vitest";

import { faultOf, periodOf, tableHref } from "./period";

const NOW = new Date(2026, 2, 15, 13, 30);

function days(query: string): readonly string[] {
  const { name, first, last } = periodOf(new URLSearchParams(query), NOW);
  return [name, first, last];
}

it.each([
  ["", ["30", "2026-02-14", "2026-03-15"]],
  ["period=7", ["7", "2026-03-09", "2026-03-15"]],
  ["period=month", ["month", "2026-03-01", "2026-03-15"]],
  ["period=lastMonth", ["lastMonth", "2026-02-01", "2026-02-28"]],
  ["period=own&from=2026-01-02&to=2026-01-05", ["own", "2026-01-02", "2026-01-05"]],
  ["period=own&from=2026-02-31&to=nonsense", ["own", "2026-02-14", "2026-03-15"]],
  ["period=whenever", ["30", "2026-02-14", "2026-03-15"]],
])("reads the period of ?%s", (query, expected) => {
  expect(days(query)).toEqual(expected);
});

it("ends after the last day, at midnight", () => {
  const { from, to } = periodOf(new URLSearchParams("period=own&from=2026-01-02&to=2026-01-02"), NOW);
  expect(from).toBe(new Date(2026, 0, 2).toISOString());
  expect(to).toBe(new Date(2026, 0, 3).toISOString());
});

it.each([
  ["period=90", null],
  ["period=own&from=2026-03-02&to=2026-03-01", "order"],
  ["period=own&from=2024-01-01&to=2026-03-01", "tooLong"],
])("says of ?%s that it is %s", (query, expected) => {
  expect(faultOf(periodOf(new URLSearchParams(query), NOW))).toBe(expected);
});

it("names the table with its period and ward", () => {
  const period = periodOf(new URLSearchParams(), NOW);
  const href = new URL(tableHref("critical-results", period, "MED 1"), "http://of.test");
  expect(href.pathname).toBe("/reports/critical-results.csv");
  expect(href.searchParams.get("from")).toBe(period.from);
  expect(href.searchParams.get("ward")).toBe("MED 1");
  expect(new URL(tableHref("critical-results", period, null), "http://of.test").searchParams.has("ward")).toBe(false);
});
