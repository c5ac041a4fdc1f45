import { describe, expect, it } from "vitest";

import type { BoardQuery } from "../generated/graphql";
import { applied, boardOf, type Bed, type Board, type Change, type Patient, type Vitals } from "./reduce";

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
    isolations: [],
    latestVitals,
  };
  return {
    id: `bed_${code}`,
    code,
    status: patientId ? "OCCUPIED" : "UNOCCUPIED",
    statusSince: null,
    closedReason: null,
    isolationFor: [],
    reserved: false,
    reservedFor: null,
    admission: patientId
      ? { id: `adm_${patientId}`, admittedAt: "2026-01-01T00:00:00Z", leaveSince: null, leaveUntil: null, patient }
      : null,
  };
}

function answer(beds: readonly Bed[]): BoardQuery {
  return { ward: { id: "war_1", code: "MED1", name: "Medicine 1", beds } };
}

function board(...beds: readonly Bed[]): Board {
  const made = boardOf(answer(beds));
  if (made === null) throw new Error("no board");
  return made;
}

describe("a snapshot", () => {
  it("has its beds in the order of the ward", () => {
    expect(board(bed("10", null), bed("2", null), bed("1", null)).beds.map((one) => one.code)).toEqual(["1", "2", "10"]);
  });

  it("is none where the ward is not open", () => {
    expect(boardOf({ ward: null })).toBeNull();
  });
});

describe("an older snapshot and the events since", () => {
  const old = vitals("v1", "2026-01-01T09:00:00Z");
  const young = vitals("v2", "2026-01-01T10:00:00Z");
  const before = board(bed("1", "ada", old), bed("2", null));
  const after = board(bed("1", null), bed("2", "ada", young));
  const changes: readonly Change[] = [
    { type: "bed", bed: bed("1", null) },
    { type: "bed", bed: bed("2", "ada", old) },
    { type: "vitals", patientId: "ada", vitals: young },
  ];

  it("are the fresh snapshot", () => {
    expect(changes.reduce(applied, before)).toEqual(after);
  });

  it("are it as well when they are heard twice", () => {
    expect([...changes, ...changes].reduce(applied, before)).toEqual(after);
  });

  it("keep the newer vitals where older ones come late", () => {
    const late = applied(board(bed("1", "ada", young)), { type: "vitals", patientId: "ada", vitals: old });
    expect(late.beds[0]?.admission?.patient?.latestVitals?.id).toBe("v2");
  });

  it.each([
    ["the set before", young, "v2", old, "v1"],
    ["nothing where nothing else stands", young, "v2", null, undefined],
    ["a newer set that was not taken back", young, "v1", old, "v2"],
  ])("leave %s where vitals are taken back, also when heard twice", (_, known, taken, latest, shown) => {
    const change: Change = { type: "vitalsTakenBack", patientId: "ada", taken, latest };
    const made = [change, change].reduce(applied, board(bed("1", "ada", known)));
    expect(made.beds[0]?.admission?.patient?.latestVitals?.id).toBe(shown);
  });

  it("renames who lies in a bed, and nobody else", () => {
    const renamed = { ...bed("1", "ada").admission?.patient, familyName: "Berger" } as Patient;
    const made = applied(board(bed("1", "ada"), bed("2", "bob")), { type: "patient", patient: renamed });
    expect(made.beds.map((one) => one.admission?.patient?.familyName)).toEqual(["Berger", "Berg"]);
  });
});
