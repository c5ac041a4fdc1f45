/**
 * The beds of a ward and what live events do to them, without the page and without the network: a stale snapshot with
 * the events since is the fresh snapshot. Every change may be applied twice, so events may be put again over a newer one.
 */
import type { BedOnBoardFragment, BoardQuery, PatientOnBoardFragment, VitalsOnCardFragment } from "../generated/graphql";
import { millis } from "../format/time";

export type Bed = BedOnBoardFragment;
export type Vitals = VitalsOnCardFragment;
export type Patient = PatientOnBoardFragment;

export interface Board {
  readonly ward: { readonly id: string; readonly code: string; readonly name: string };
  readonly beds: readonly Bed[];
}

export type Change =
  | { readonly type: "bed"; readonly bed: Bed }
  | { readonly type: "patient"; readonly patient: Patient }
  | { readonly type: "vitals"; readonly patientId: string; readonly vitals: Vitals }
  /** A set was taken back: `latest` is what stands, null where nothing does. */
  | { readonly type: "vitalsTakenBack"; readonly patientId: string; readonly taken: string; readonly latest: Vitals | null };

function byCode(a: Bed, b: Bed): number {
  return a.code.localeCompare(b.code, undefined, { numeric: true });
}

/** Null where the ward does not exist for this person. */
export function boardOf(data: BoardQuery): Board | null {
  if (!data.ward) return null;
  const { id, code, name, beds } = data.ward;
  return { ward: { id, code, name }, beds: [...beds].sort(byCode) };
}

function newer(known: Vitals | null | undefined, heard: Vitals): Vitals {
  return known && (millis(known.recordedAt) ?? 0) > (millis(heard.recordedAt) ?? 0) ? known : heard;
}

function withPatient(board: Board, patientId: string, change: (patient: Patient) => Patient): Board {
  return {
    ...board,
    beds: board.beds.map((bed) => {
      const patient = bed.admission?.patient;
      if (!bed.admission || patient?.id !== patientId) return bed;
      return { ...bed, admission: { ...bed.admission, patient: change(patient) } };
    }),
  };
}

function standing(known: Vitals | null, taken: string, latest: Vitals | null): Vitals | null {
  const left = known?.id === taken ? null : known;
  return latest ? newer(left, latest) : left;
}

export function applied(board: Board, change: Change): Board {
  switch (change.type) {
    case "bed":
      return { ...board, beds: board.beds.map((bed) => (bed.id === change.bed.id ? change.bed : bed)) };
    case "patient":
      return withPatient(board, change.patient.id, () => change.patient);
    case "vitals":
      return withPatient(board, change.patientId, (patient) => ({
        ...patient,
        latestVitals: newer(patient.latestVitals, change.vitals),
      }));
    case "vitalsTakenBack":
      return withPatient(board, change.patientId, (patient) => ({
        ...patient,
        latestVitals: standing(patient.latestVitals, change.taken, change.latest),
      }));
  }
}
