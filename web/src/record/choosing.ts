import { useSyncExternalStore } from "react";

import { onLeaving } from "../app/leaving";
import type { Bed } from "../board/reduce";

/** Somebody for whom a bed is being chosen on the board; it may be one of another ward. */
export interface Choosing {
  readonly kind: "move" | "swap" | "admit";
  /** Of the patient; null where there is no stay yet. */
  readonly admissionId: string | null;
  readonly patient: { readonly id: string; readonly givenName: string; readonly familyName: string };
  readonly from: { readonly id: string; readonly code: string } | null;
  readonly needs: Bed["isolationFor"];
}

let current: Choosing | null = null;
const listeners = new Set<() => void>();

function change(next: Choosing | null): void {
  current = next;
  listeners.forEach((listener) => listener());
}

export function startChoosing(next: Choosing): void {
  change(next);
}

export function endChoosing(): void {
  change(null);
}

onLeaving(endChoosing);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The choice that is going on in this tab; null where there is none. */
export function useChoosing(): Choosing | null {
  return useSyncExternalStore(subscribe, () => current);
}

/** What a bed is to a choice: to be had, to be had but not fit for the isolation, or not at all. */
export function offerOf(bed: Bed, choosing: Choosing): "fit" | "unfit" | null {
  if (bed.id === choosing.from?.id) return null;
  const kept = bed.reserved && bed.reservedFor?.id !== choosing.patient.id;
  const ours = bed.reserved && bed.reservedFor?.id === choosing.patient.id;
  const open =
    choosing.kind === "swap"
      ? Boolean(bed.admission)
      : !kept && !bed.admission && (bed.status === "UNOCCUPIED" || (bed.status === "ISOLATED" && ours));
  if (!open) return null;
  const lacking = bed.status !== "ISOLATED" && choosing.needs.some((kind) => !bed.isolationFor.includes(kind));
  return lacking ? "unfit" : "fit";
}
