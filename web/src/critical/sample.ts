import type { Critical } from "./open";

/** A critical potassium for tests, open on MED1. */
export function sample(change: Partial<Critical> = {}): Critical {
  return {
    id: "crt_1",
    kind: "LABORATORY",
    urgency: "CRITICAL",
    status: "OPEN",
    raisedAt: "2026-01-01T09:00:00Z",
    toldAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    readBack: null,
    escalationLevel: 0,
    nextEscalationAt: "2026-01-01T09:05:00Z",
    nextEscalationAudience: "CHARGE_NURSE",
    rule: "potassium >= 6.5 mmol/L",
    ward: { id: "war_1", code: "MED1" },
    patient: { id: "pat_1", mrn: "1", givenName: "Ada", familyName: "Berg", birthDate: null, sex: "FEMALE", admission: null },
    labResult: {
      id: "lab_1",
      code: "2823-3",
      display: "Potassium",
      value: "6.9",
      comparator: null,
      text: null,
      unit: "mmol/L",
      referenceLow: null,
      referenceHigh: null,
      interpretation: "CRITICAL_HIGH",
      observedAt: "2026-01-01T08:00:00Z",
    },
    ...change,
  };
}
