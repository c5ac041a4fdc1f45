import { describe, expect, it } from "vitest";

import type { BoardQuery } from "../generated/graphql";
import { applied, boardOf, type Bed, type Board, type Change, type Critical, type Vitals } from "./reduce";

function vitals(id: string, recordedAt: string): Vitals {
  return {
    id,
    recordedAt,
    heartRate: 70,
    systolic: null,
    diastolic: null,
    respiratoryRate: null,
    temperature: null,
    oxygenSaturation: null,
    onOxygen: null,
    consciousness: null,
    news2: null,
  };
}

function bed(code: string, patientId: string | null, latestVitals: Vitals | null = null): Bed {
  const patient = {
    id: patientId ?? "",
    mrn: "1",
    givenName: "Ada",
    familyName: "Berg",
    birthDate: null,
    sex: "FEMALE" as const,
    latestVitals,
  };
  return {
    id: `bed_${code}`,
    code,
    status: patientId ? "OCCUPIED" : "UNOCCUPIED",
    reserved: false,
    reservedFor: null,
    admission: patientId ? { id: `adm_${patientId}`, patient } : null,
  };
}

function critical(id: string, raisedAt: string, change: Partial<Critical> = {}): Critical {
  return {
    id,
    kind: "LABORATORY",
    status: "OPEN",
    raisedAt,
    escalationLevel: 0,
    acknowledgedBy: null,
    nextEscalationAt: null,
    rule: "potassium",
    patient: null,
    labResult: null,
    ...change,
  };
}

function answer(beds: readonly Bed[], criticals: readonly Critical[] | null): BoardQuery {
  return {
    ward: { id: "war_1", code: "MED1", name: "Medicine 1", beds },
    criticalResults: criticals && { totalCount: criticals.length, nodes: criticals },
  };
}

function board(beds: readonly Bed[], criticals: readonly Critical[] | null): Board {
  const made = boardOf(answer(beds, criticals));
  if (made === null) throw new Error("no board");
  return made;
}

describe("a snapshot", () => {
  it("has its beds in the order of the ward and its results by urgency", () => {
    const made = board(
      [bed("10", null), bed("2", null), bed("1", null)],
      [
        critical("late", "2026-01-01T10:00:00Z"),
        critical("early", "2026-01-01T09:00:00Z"),
        critical("escalated", "2026-01-01T11:00:00Z", { escalationLevel: 1 }),
      ],
    );
    expect(made.beds.map((one) => one.code)).toEqual(["1", "2", "10"]);
    expect(made.criticals?.map((one) => one.id)).toEqual(["escalated", "early", "late"]);
  });

  it("is none where the ward is not open, and keeps refused results apart from none", () => {
    expect(boardOf({ ward: null, criticalResults: null })).toBeNull();
    expect(board([], null).criticals).toBeNull();
    expect(board([], []).criticals).toEqual([]);
  });
});

describe("an older snapshot and the events since", () => {
  const old = vitals("v1", "2026-01-01T09:00:00Z");
  const young = vitals("v2", "2026-01-01T10:00:00Z");
  const before = board([bed("1", "ada", old), bed("2", null)], [critical("a", "2026-01-01T09:00:00Z")]);
  const after = board([bed("1", null), bed("2", "ada", young)], [critical("b", "2026-01-01T10:00:00Z")]);
  const changes: readonly Change[] = [
    { type: "bed", bed: bed("1", null) },
    { type: "bed", bed: bed("2", "ada", old) },
    { type: "vitals", patientId: "ada", vitals: young },
    { type: "critical", critical: critical("b", "2026-01-01T10:00:00Z") },
    { type: "critical", critical: critical("a", "2026-01-01T09:00:00Z", { status: "ACKNOWLEDGED" }) },
  ];

  it("are the fresh snapshot", () => {
    expect(changes.reduce(applied, before)).toEqual(after);
  });

  it("are it as well when they are heard twice", () => {
    expect([...changes, ...changes].reduce(applied, before)).toEqual(after);
  });

  it("keep the newer vitals where older ones come late", () => {
    const late = applied(board([bed("1", "ada", young)], []), { type: "vitals", patientId: "ada", vitals: old });
    expect(late.beds[0]?.admission?.patient?.latestVitals?.id).toBe("v2");
  });

  it.each([
    ["the set before", young, "v2", old, "v1"],
    ["nothing where nothing else stands", young, "v2", null, undefined],
    ["a newer set that was not taken back", young, "v1", old, "v2"],
  ])("leave %s where vitals are taken back, also when heard twice", (_, known, taken, latest, shown) => {
    const change: Change = { type: "vitalsTakenBack", patientId: "ada", taken, latest };
    const made = [change, change].reduce(applied, board([bed("1", "ada", known)], []));
    expect(made.beds[0]?.admission?.patient?.latestVitals?.id).toBe(shown);
  });

  it("change nothing that this person may not see", () => {
    const blind = board([], null);
    expect(applied(blind, { type: "critical", critical: critical("a", "2026-01-01T09:00:00Z") })).toBe(blind);
  });

  it("count on from the total where more are open than were read", () => {
    const many = { ...before, criticalTotal: 60 };
    const done = applied(many, { type: "critical", critical: critical("a", "", { status: "WITHDRAWN" }) });
    expect(done.criticalTotal).toBe(59);
  });
});
