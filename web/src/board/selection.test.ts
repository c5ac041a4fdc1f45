import { expect, it } from "vitest";

import type { Critical } from "../critical/open";
import { dueByPatient, sameDue } from "./due";
import { wallGrid } from "./grid";
import { occupancyOf } from "./occupancy";
import type { Bed, Vitals } from "./reduce";
import { counts, inOrder, placesOf, selected, withoutOnes, type Show, type Sort } from "./selection";

type Risk = NonNullable<Vitals["news2"]>["risk"];

function bed(code: string, change: Partial<Bed> = {}): Bed {
  return {
    id: code,
    code,
    status: "UNOCCUPIED",
    statusSince: null,
    closedReason: null,
    isolationFor: [],
    reserved: false,
    reservedFor: null,
    admission: null,
    ...change,
  };
}

function vitals(risk: Risk, total: number | null, highestSingle = 0): Vitals {
  const parts = {
    respiratoryRate: null,
    oxygenSaturation: null,
    onOxygen: null,
    systolic: null,
    heartRate: null,
    consciousness: null,
    temperature: null,
  };
  return {
    id: "v",
    recordedAt: "2026-01-01T09:00:00Z",
    heartRate: null,
    systolic: null,
    diastolic: null,
    respiratoryRate: null,
    temperature: null,
    oxygenSaturation: null,
    onOxygen: null,
    consciousness: null,
    news2: { total, highestSingle, risk, missing: [], parts },
  };
}

function taken(code: string, latestVitals: Vitals | null, leaveSince: string | null = null): Bed {
  const patient = {
    id: `pat_${code}`,
    mrn: code,
    givenName: "Ada",
    familyName: "Berg",
    birthDate: null,
    sex: "FEMALE" as const,
    isolations: [],
    latestVitals,
  };
  const admission = { id: `adm_${code}`, admittedAt: "2026-01-01T00:00:00Z", leaveSince, leaveUntil: null, patient };
  return bed(code, { status: "OCCUPIED", admission });
}

/** As much of a critical result as decides where its card stands. */
function critical(code: string, escalationLevel: number): Critical {
  const found = { id: `crt_${code}`, urgency: "CRITICAL", raisedAt: "2026-01-01", escalationLevel, patient: { id: `pat_${code}` } };
  return found as Critical;
}

const beds = [
  taken("1", vitals("LOW", 1)),
  bed("2"),
  taken("3", vitals("HIGH", 9)),
  taken("4", vitals("MEDIUM", 5)),
  taken("5", vitals("LOW_MEDIUM", 3, 3)),
  bed("6", { reserved: true }),
  taken("7", null, "2026-01-01T00:00:00Z"),
  bed("8", { status: "CONTAMINATED" }),
  taken("9", vitals("HIGH", 9)),
];
const due = dueByPatient([
  dose("4", "DUE", "2026-01-01T10:30:00Z"),
  dose("4", "LATE", "2026-01-01T08:00:00Z"),
  dose("4", "DUE", "2026-01-01T10:00:00Z"),
]);
const places = placesOf(beds, [critical("1", 0), critical("7", 2)], due);

function dose(code: string, state: "DUE" | "LATE", dueAt: string) {
  return { dueAt, lateAt: null, state, patient: { id: `pat_${code}` }, medication: null };
}

function codes(show: Show, sort: Sort = "bed"): string {
  return selected(places, show, sort)
    .map((one) => one.bed.code)
    .join(" ");
}

it("counts the doses of a patient, and says when the next is due", () => {
  expect(due.get("pat_4")).toEqual({ late: 1, soon: 2, next: "2026-01-01T10:00:00Z" });
  expect(due.has("pat_1")).toBe(false);
  expect(sameDue(due.get("pat_4") ?? null, { late: 1, soon: 2, next: "2026-01-01T10:00:00Z" })).toBe(true);
  expect(sameDue(due.get("pat_4") ?? null, null)).toBe(false);
});

it.each<[Show, string]>([
  ["all", "1 2 3 4 5 6 7 8 9"],
  ["occupied", "1 3 4 5 7 9"],
  ["free", "2"],
  ["risk", "3 4 5 9"],
  ["critical", "1 7"],
  ["due", "4"],
])("shows of %s the beds %s, and counts as many", (show, shown) => {
  expect(codes(show)).toBe(shown);
  expect(counts(places)[show]).toBe(shown.split(" ").length);
});

it("puts what cannot wait before every score, the escalated first, empty beds last, and equals in the ward's order", () => {
  expect(codes("all", "risk")).toBe("7 1 3 9 4 5 2 6 8");
});

it("marks who shares a family name with somebody else on the ward", () => {
  expect(places.filter((one) => one.namesake).length).toBe(6);
  expect(placesOf([taken("1", null), bed("2")], [], due).some((one) => one.namesake)).toBe(false);
});

it("keeps an order that was shown, with who is new at the end", () => {
  const kept = inOrder(selected(places, "risk", "bed"), ["9", "4", "3"]);
  expect(kept.map((one) => one.bed.code).join(" ")).toBe("9 4 3 5");
});

it("keeps the beds that are not of the choice, in the ward's order, after those that are", () => {
  const chosen = selected(places, "risk", "risk");
  const rest = withoutOnes(places, chosen).map((one) => one.bed.code);
  expect(rest).toEqual([...rest].sort());
  expect(rest.length + chosen.length).toBe(places.length);
});

it("counts beds by what can be done with them, and the parts add up", () => {
  const { beds: all, onLeave, ...parts } = occupancyOf(beds);
  expect(parts).toEqual({ occupied: 6, available: 1, reserved: 1, cleaning: 1, isolated: 0, closed: 0 });
  expect(onLeave).toBe(1);
  expect(Object.values(parts).reduce((sum, one) => sum + one)).toBe(all);
});

it.each([
  [40, 1920, 1000, 8, 5],
  [20, 1920, 1000, 5, 4],
  [12, 1080, 1900, 2, 6],
  [1, 390, 800, 1, 1],
])("lays %i beds on a wall of %i by %i as %i by %i", (count, width, height, columns, rows) => {
  expect(wallGrid(count, width, height)).toMatchObject({ columns, rows });
});

it("lays no beds as well, and before the wall is measured", () => {
  expect(wallGrid(0, 1920, 1000)).toMatchObject({ columns: 1, rows: 1 });
  expect(wallGrid(20, 0, 0)).toMatchObject({ columns: 1, rows: 20 });
});
