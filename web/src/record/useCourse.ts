import { useQuery } from "urql";

import { useNow } from "../app/clock";
import { CourseOfBedDocument } from "../generated/graphql";
import { useMay } from "../live/Live";
import { takingsBack, type TakingBack } from "./takingBack";

export interface LastStay {
  readonly admissionId: string;
  /** Null where the role does not see who it was. */
  readonly patient: { readonly givenName: string; readonly familyName: string } | null;
}

interface CourseOfBed {
  readonly last: LastStay | null;
  readonly takings: readonly TakingBack[];
}

const COMINGS = ["ADMITTED", "TRANSFERRED_IN", "DISCHARGE_CANCELLED", "TRANSFER_CANCELLED"];

/** The stay in a bed, or the one that ended last in it, and what of it can be taken back. */
export function useCourse(bed: string): CourseOfBed {
  const now = useNow();
  const may = useMay("admission:read");
  const [{ data }] = useQuery({ query: CourseOfBedDocument, variables: { bed }, pause: !may });
  const found = data?.node?.__typename === "Bed" ? data.node : null;
  if (found?.admission) {
    return { last: { admissionId: found.admission.id, patient: null }, takings: takingsBack(found.admission, true, now) };
  }
  const move = found?.history?.nodes.find(({ kind }) => kind === "DISCHARGED" || COMINGS.includes(kind));
  const left = move?.kind === "DISCHARGED" ? move.admission : null;
  if (!left) return { last: null, takings: [] };
  return {
    last: { admissionId: left.id, patient: left.patient },
    takings: takingsBack(left, !left.patient?.admission, now),
  };
}
