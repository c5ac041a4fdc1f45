import { useState } from "react";

import type { Problem } from "../api/errors";

/** Why the server did not take a form: at which of its fields, or in general. */
export interface Refusal {
  /** The server's sentence about the field; null where it says nothing of it. */
  readonly at: (field: string) => string | null;
  /** What concerns no field of the form. */
  readonly general: Problem | null;
  readonly set: (problem: Problem | null) => void;
}

/** `fields` are those that the form shows, as the API names them; what is said of `codes[1]` is said of `codes`. */
export function useRefusal(fields: readonly string[]): Refusal {
  const [problem, set] = useState<Problem | null>(null);
  const field = problem?.key === "refused" ? (problem.field?.replace(/\[\d+\].*$/, "") ?? null) : null;
  const known = field !== null && fields.includes(field);
  return {
    at: (name) => (known && field === name && problem?.key === "refused" ? problem.message : null),
    general: known ? null : problem,
    set,
  };
}
