import { createContext, use } from "react";

import type { PatientHeadFragment } from "../generated/graphql";
import type { Pulse } from "../live/pulse";

/** The chart that is open: what its tabs stand on. */
export interface PatientFile {
  readonly patient: PatientHeadFragment;
  readonly pulse: Pulse;
  /** Reads the head again at once, after something was done here. */
  readonly again: () => void;
}

export const PatientFileContext = createContext<PatientFile | null>(null);

export function usePatientFile(): PatientFile {
  const file = use(PatientFileContext);
  if (file === null) throw new Error("usePatientFile outside the patient's page");
  return file;
}
