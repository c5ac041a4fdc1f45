/** The doses that wait on a ward, as a card shows them: how many of a patient's are late, how many are due, and when. */
import type { DueOnBoardQuery } from "../generated/graphql";

export interface Due {
  readonly late: number;
  /** Those of the next hour. */
  readonly soon: number;
  /** When the next of those is due. */
  readonly next: string | null;
}

type Dose = NonNullable<DueOnBoardQuery["medicationsDue"]>[number];

const NONE: Due = { late: 0, soon: 0, next: null };

function earlier(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) <= Date.parse(other) ? one : other;
}

function withDose(due: Due, dose: Dose): Due {
  if (dose.state === "LATE") return { ...due, late: due.late + 1 };
  return { ...due, soon: due.soon + 1, next: earlier(due.next, dose.dueAt) };
}

/** By patient; who has nothing due is not in it. */
export function dueByPatient(doses: readonly Dose[]): ReadonlyMap<string, Due> {
  const found = new Map<string, Due>();
  for (const dose of doses) {
    const id = dose.patient?.id;
    if (id !== undefined) found.set(id, withDose(found.get(id) ?? NONE, dose));
  }
  return found;
}

export function sameDue(one: Due | null, other: Due | null): boolean {
  return one?.late === other?.late && one?.soon === other?.soon && one?.next === other?.next;
}
