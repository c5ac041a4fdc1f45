/** What can be done with a bed, by its state and by what the role may do. The API has the last word. */
import type { Bed } from "../board/reduce";
import { SCOPE_TO_TAKE_BACK, TAKINGS_BACK, type TakingBack } from "./takingBack";

export const DOINGS = [
  "vitals", "admit", "move", "swap", "discharge", "leave", "return", "reserve", "release", "status", ...TAKINGS_BACK,
] as const;
export type Doing = (typeof DOINGS)[number];

const SCOPE: Readonly<Record<Doing, string>> = {
  vitals: "vitals:record",
  admit: "patient:admit",
  move: "patient:transfer",
  swap: "patient:transfer",
  discharge: "patient:discharge",
  leave: "leave:record",
  return: "leave:record",
  reserve: "bed:reserve",
  release: "bed:reserve",
  status: "bed-status:set",
  ...SCOPE_TO_TAKE_BACK,
};

/** By hand a bed becomes this; CONTAMINATED is cleaned before anything else becomes of it. */
const MOVES: Readonly<Record<Bed["status"], readonly Bed["status"][]>> = {
  UNOCCUPIED: ["HOUSEKEEPING", "CONTAMINATED", "ISOLATED", "CLOSED"],
  OCCUPIED: [],
  HOUSEKEEPING: ["UNOCCUPIED", "CONTAMINATED", "ISOLATED", "CLOSED"],
  CONTAMINATED: ["HOUSEKEEPING"],
  ISOLATED: ["UNOCCUPIED", "HOUSEKEEPING", "CONTAMINATED", "CLOSED"],
  CLOSED: ["UNOCCUPIED", "HOUSEKEEPING", "CONTAMINATED", "ISOLATED"],
  MASKED: [],
};

export function movesOf(bed: Pick<Bed, "status">): readonly Bed["status"][] {
  return MOVES[bed.status];
}

const RESERVABLE: readonly Bed["status"][] = ["UNOCCUPIED", "HOUSEKEEPING", "ISOLATED"];

function fits(doing: Doing, bed: Bed, takings: readonly TakingBack[]): boolean {
  const { admission } = bed;
  switch (doing) {
    case "vitals":
      return Boolean(admission?.patient) && !admission?.leaveSince;
    case "move":
    case "swap":
    case "discharge":
      return Boolean(admission?.patient);
    case "leave":
      return Boolean(admission) && !admission?.leaveSince;
    case "return":
      return Boolean(admission?.leaveSince);
    case "admit":
      return !admission && (bed.status === "UNOCCUPIED" || (bed.status === "ISOLATED" && bed.reserved));
    case "reserve":
      return !admission && !bed.reserved && RESERVABLE.includes(bed.status);
    case "release":
      return bed.reserved;
    case "status":
      return !admission && movesOf(bed).length > 0;
    case "cancelAdmission":
    case "cancelTransfer":
    case "cancelDischarge":
      return takings.includes(doing);
  }
}

/** `takings`: what can be taken back, where that has been asked for. */
export function doings(bed: Bed, scopes: readonly string[], takings: readonly TakingBack[] = []): readonly Doing[] {
  return DOINGS.filter((doing) => scopes.includes(SCOPE[doing]) && fits(doing, bed, takings));
}
