/**
 * The board and what live events do to it, without the page and without the network: a stale snapshot with the events
 * since is the fresh snapshot. Every change may be applied twice, so events may be put again over a newer snapshot.
 */
import type {
  BedOnBoardFragment,
  BoardQuery,
  CriticalOnBoardFragment,
  VitalsOnCardFragment,
} from "../generated/graphql";
import { millis } from "../format/time";

export type Bed = BedOnBoardFragment;
export type Critical = CriticalOnBoardFragment;
export type Vitals = VitalsOnCardFragment;

export interface Board {
  readonly ward: { readonly code: string; readonly name: string };
  readonly beds: readonly Bed[];
  /** Open ones, most pressing first; null where this person may not see them. */
  readonly criticals: readonly Critical[] | null;
  /** Open ones in all, of which `criticals` holds the first. */
  readonly criticalTotal: number;
}

export type Change =
  | { readonly type: "bed"; readonly bed: Bed }
  | { readonly type: "vitals"; readonly patientId: string; readonly vitals: Vitals }
  /** A set was taken back: `latest` is what stands, null where nothing does. */
  | { readonly type: "vitalsTakenBack"; readonly patientId: string; readonly taken: string; readonly latest: Vitals | null }
  | { readonly type: "critical"; readonly critical: Critical };

/** Escalated ones first, then those that have waited longest. */
function pressing(a: Critical, b: Critical): number {
  return b.escalationLevel - a.escalationLevel || a.raisedAt.localeCompare(b.raisedAt);
}

/** Null where the ward does not exist for this person. */
export function boardOf(data: BoardQuery): Board | null {
  if (!data.ward) return null;
  const { code, name, beds } = data.ward;
  const criticals = data.criticalResults;
  return {
    ward: { code, name },
    beds: [...beds].sort((a, b) => a.code.localeCompare(b.code, undefined, { numeric: true })),
    criticals: criticals ? [...criticals.nodes].sort(pressing) : null,
    criticalTotal: criticals?.totalCount ?? 0,
  };
}

function newer(known: Vitals | null | undefined, heard: Vitals): Vitals {
  return known && (millis(known.recordedAt) ?? 0) > (millis(heard.recordedAt) ?? 0) ? known : heard;
}

function withVitals(bed: Bed, patientId: string, pick: (known: Vitals | null) => Vitals | null): Bed {
  const patient = bed.admission?.patient;
  if (!bed.admission || patient?.id !== patientId) return bed;
  const latestVitals = pick(patient.latestVitals);
  return { ...bed, admission: { ...bed.admission, patient: { ...patient, latestVitals } } };
}

function standing(known: Vitals | null, taken: string, latest: Vitals | null): Vitals | null {
  const left = known?.id === taken ? null : known;
  return latest ? newer(left, latest) : left;
}

function withCritical(board: Board, critical: Critical): Board {
  if (board.criticals === null) return board;
  const others = board.criticals.filter((one) => one.id !== critical.id);
  const open = critical.status === "OPEN";
  const change = others.length + (open ? 1 : 0) - board.criticals.length;
  return {
    ...board,
    criticals: open ? [...others, critical].sort(pressing) : others,
    criticalTotal: board.criticalTotal + change,
  };
}

export function applied(board: Board, change: Change): Board {
  switch (change.type) {
    case "bed":
      return { ...board, beds: board.beds.map((bed) => (bed.id === change.bed.id ? change.bed : bed)) };
    case "vitals":
      return {
        ...board,
        beds: board.beds.map((bed) => withVitals(bed, change.patientId, (known) => newer(known, change.vitals))),
      };
    case "vitalsTakenBack":
      return {
        ...board,
        beds: board.beds.map((bed) =>
          withVitals(bed, change.patientId, (known) => standing(known, change.taken, change.latest)),
        ),
      };
    case "critical":
      return withCritical(board, change.critical);
  }
}
