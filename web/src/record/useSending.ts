import type { CombinedError } from "@urql/core";
import { useRef, useState } from "react";

import { problemOfSent, type Problem } from "../api/errors";
import { keyAfter, newKey } from "../api/idempotency";
import { refusalOf, type Refusal } from "./refusal";

interface Answer<Data> {
  readonly data?: Data | undefined;
  readonly error?: CombinedError | undefined;
}

export interface Sending {
  readonly busy: boolean;
  /** Null where the problem is one of a field: that says it itself. */
  readonly problem: Problem | null;
  readonly refusal: Refusal;
  /** What the API says of this field of its input. */
  readonly errorAt: (field: string) => string | null;
  /** The answer, or null where the thing was not done. Under one key for all tries, and never twice at once. */
  readonly send: <Data>(run: (idempotencyKey: string) => Promise<Answer<Data>>) => Promise<Data | null>;
}

const NOTHING: Refusal = { allowed: [], warnings: [] };

/** Sends what a form does. `fields` are those that show their own errors. */
export function useSending(fields: readonly string[]): Sending {
  const [key, setKey] = useState(newKey);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [refusal, setRefusal] = useState(NOTHING);
  const sending = useRef(false);

  async function send<Data>(run: (idempotencyKey: string) => Promise<Answer<Data>>): Promise<Data | null> {
    if (sending.current) return null;
    sending.current = true;
    setBusy(true);
    const { data, error } = await run(key);
    sending.current = false;
    setBusy(false);
    // It was done, also where the role may not read what came of it.
    const failure = data ? undefined : error;
    const wrong = data ? null : problemOfSent(failure);
    setProblem(wrong);
    setKey(keyAfter(key, wrong));
    setRefusal(failure ? refusalOf(failure) : NOTHING);
    return data ?? null;
  }

  const field = problem?.key === "refused" && problem.field !== null && fields.includes(problem.field) ? problem.field : null;
  return {
    busy,
    problem: field === null ? problem : null,
    refusal,
    errorAt: (name) => (name === field && problem?.key === "refused" ? problem.message : null),
    send,
  };
}
