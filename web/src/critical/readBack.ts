import { hasCode } from "../api/errors";
import type { CombinedError } from "@urql/core";
import { typedNumber } from "../format/result";
import type { Critical } from "./open";

/** What is read back: a number of the laboratory, its words where it sent no number, or the score of vital signs. */
export type What = "value" | "text" | "score";

export function whatOf({ kind, labResult }: Critical): What {
  if (kind === "DETERIORATION") return "score";
  return labResult && (labResult.value ?? null) === null ? "text" : "value";
}

/** What the API takes of what was typed; null where that is not what is asked for. */
export function typedOf(what: What, typed: string, note: string): { readonly readBack: string; readonly note?: string } | null {
  const said = (what === "text" ? typed : note).trim();
  // Words are read back in the note; the number that the API asks for beside it is not looked at there.
  const readBack = what === "text" ? (said === "" ? null : "0") : typedNumber(typed);
  if (readBack === null) return null;
  return said === "" ? { readBack } : { readBack, note: said };
}

/** Why it was not acknowledged, as far as the page has a word of its own for it. */
export type Refusal = "differs" | "closed" | "forbidden" | "gone" | "other";

export function refusalOf(error: CombinedError | undefined): Refusal {
  if (hasCode(error, "READ_BACK_DIFFERS")) return "differs";
  if (hasCode(error, "CONFLICT")) return "closed";
  if (hasCode(error, "FORBIDDEN")) return "forbidden";
  if (hasCode(error, "NOT_FOUND")) return "gone";
  return "other";
}
