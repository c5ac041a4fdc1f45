/** The beds of a ward by what can be done with them. The parts add up, as those of `Ward.occupancy` do. */
import type { Bed } from "./reduce";

export const PARTS = ["occupied", "available", "reserved", "cleaning", "isolated", "closed"] as const;

export type Part = (typeof PARTS)[number];

export interface Occupancy extends Readonly<Record<Part, number>> {
  readonly beds: number;
  /** Those of the occupied beds whose patient is away. */
  readonly onLeave: number;
}

/** Null for a bed whose status is not for the reader. */
export function partOf(bed: Pick<Bed, "status" | "reserved">): Part | null {
  switch (bed.status) {
    case "OCCUPIED":
      return "occupied";
    case "UNOCCUPIED":
      return bed.reserved ? "reserved" : "available";
    case "HOUSEKEEPING":
    case "CONTAMINATED":
      return "cleaning";
    case "ISOLATED":
      return "isolated";
    case "CLOSED":
      return "closed";
    case "MASKED":
      return null;
  }
}

export function occupancyOf(beds: readonly Bed[]): Occupancy {
  const counted = { occupied: 0, available: 0, reserved: 0, cleaning: 0, isolated: 0, closed: 0 };
  let onLeave = 0;
  for (const bed of beds) {
    const part = partOf(bed);
    if (part !== null) counted[part]++;
    if (bed.admission?.leaveSince) onLeave++;
  }
  return { ...counted, beds: beds.length, onLeave };
}
