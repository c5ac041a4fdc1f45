import type { CombinedError } from "@urql/core";

/** What speaks against an order; in words for who may read what causes it, else by its kind alone. */
export interface Warning {
  readonly kind: string;
  readonly severity: string | null;
  readonly message: string | null;
}

/** What the API says beside the sentence: what can be done instead, and what it warns of. */
export interface Refusal {
  readonly allowed: readonly string[];
  readonly warnings: readonly Warning[];
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function warningOf(one: unknown): readonly Warning[] {
  if (typeof one !== "object" || one === null) return [];
  const { kind, severity, message } = one as Readonly<Record<string, unknown>>;
  return typeof kind === "string" ? [{ kind, severity: text(severity), message: text(message) }] : [];
}

export function refusalOf(error: CombinedError): Refusal {
  const { allowed, warnings } = error.graphQLErrors[0]?.extensions ?? {};
  return {
    allowed: Array.isArray(allowed) ? allowed.filter((one) => typeof one === "string") : [],
    warnings: Array.isArray(warnings) ? warnings.flatMap(warningOf) : [],
  };
}
