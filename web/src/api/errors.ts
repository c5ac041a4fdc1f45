import type { CombinedError } from "@urql/core";

/** The codes of extensions.code that the page acts on. */
export type ErrorCode =
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "BAD_USER_INPUT"
  | "NOT_FOUND"
  | "CONFLICT"
  | "READ_BACK_DIFFERS"
  | "THROTTLED"
  | "INTERNAL_SERVER_ERROR";

interface WireError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

function wireErrors(errors: readonly unknown[]): readonly WireError[] {
  return errors.filter(
    (error): error is WireError => typeof error === "object" && error !== null && "message" in error,
  );
}

export function codesOf(errors: readonly unknown[]): readonly unknown[] {
  return wireErrors(errors).map((error) => error.extensions?.code);
}

export function hasCode(error: CombinedError | undefined, code: ErrorCode): boolean {
  return error !== undefined && codesOf(error.graphQLErrors).includes(code);
}

/** The paths that the server refused, list positions left out: "ward.beds.admission.patient.latestVitals". */
export function refusedPaths(error: CombinedError | undefined): ReadonlySet<string> {
  return new Set(
    wireErrors(error?.graphQLErrors ?? [])
      .filter((one) => one.extensions?.code === "FORBIDDEN")
      .map((one) => (one.path ?? []).filter((part) => typeof part === "string").join(".")),
  );
}

/** The seconds that a throttled caller is asked to wait; null where the error is another one. */
export function retryAfter(error: CombinedError | undefined): number | null {
  const throttled = wireErrors(error?.graphQLErrors ?? []).find((one) => one.extensions?.code === "THROTTLED");
  if (throttled === undefined) return null;
  const seconds = Number(throttled.extensions?.retryAfter);
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : 60;
}

/** When a dose that was refused may be given; null where the refusal names no time. */
export function nextAllowedAt(error: CombinedError | undefined): string | null {
  const times = wireErrors(error?.graphQLErrors ?? []).map((one) => one.extensions?.nextAllowedAt);
  return times.find((time) => typeof time === "string") ?? null;
}

/** The number under which the server's log holds what went wrong. */
function correlationId(error: CombinedError): string | null {
  const ids = wireErrors(error.graphQLErrors).map((one) => one.extensions?.correlationId);
  return ids.find((id) => typeof id === "string") ?? null;
}

/** What went wrong, to be said in the reader's language (`useProblem` in ui/Problem.tsx says it). */
export type Problem =
  | { readonly key: "unreachable" }
  | { readonly key: "throttled"; readonly seconds: number }
  | { readonly key: "internal"; readonly id: string }
  /** No answer came to something that was sent under a key: sent again as it is, it is done once. */
  | { readonly key: "unanswered" }
  /** It was sent before in another wording, under the same key, and done: that answer was lost. */
  | { readonly key: "wentThrough" }
  /** The server's own sentence, which names the field and the limit. */
  | { readonly key: "refused"; readonly message: string; readonly field: string | null }
  | { readonly key: "unknown" };

/** For errors that the caller has no better word for. */
export function problemOf(error: CombinedError | undefined): Problem {
  if (error === undefined) return { key: "unknown" };
  if (error.networkError) return { key: "unreachable" };
  const seconds = retryAfter(error);
  if (seconds !== null) return { key: "throttled", seconds };
  const id = correlationId(error);
  if (id !== null) return { key: "internal", id };
  const first = wireErrors(error.graphQLErrors)[0];
  if (first === undefined) return { key: "unknown" };
  const field = first.extensions?.field;
  if (field === "idempotencyKey" && first.extensions?.code === "CONFLICT") return { key: "wentThrough" };
  return { key: "refused", message: first.message, field: typeof field === "string" ? field : null };
}

/** For errors of what is sent under a key. */
export function problemOfSent(error: CombinedError | undefined): Problem {
  const problem = problemOf(error);
  return problem.key === "unreachable" ? { key: "unanswered" } : problem;
}
