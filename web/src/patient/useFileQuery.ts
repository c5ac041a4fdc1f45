import { useState } from "react";
import type { AnyVariables, TypedDocumentNode } from "urql";

import { problemOf, refusedPaths, type Problem } from "../api/errors";
import type { Pulse } from "../live/pulse";
import { useLiveQuery } from "../live/useLiveQuery";

export interface FileQuery<Data> {
  /** The last answer, also while it is asked for again and after a failure. */
  readonly data: Data | undefined;
  readonly refused: ReadonlySet<string>;
  /** Why there is no answer, or none newer. */
  readonly problem: Problem | null;
  readonly fetching: boolean;
  readonly again: () => void;
}

const NOTHING: ReadonlySet<string> = new Set();

/** A live query of the patient's page: what was read once stays on the page while it is read again. */
export function useFileQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pulse: Pulse | null,
  pause = false,
): FileQuery<Data> {
  const [{ data, error, fetching }, again] = useLiveQuery({ query, variables, pulse, pause });
  const [held, setHeld] = useState({ data, error });
  if (data !== undefined && (data !== held.data || error !== held.error)) setHeld({ data, error });
  return {
    data: data ?? held.data,
    refused: held.error ? refusedPaths(held.error) : NOTHING,
    problem: data === undefined && error ? problemOf(error) : null,
    fetching,
    again,
  };
}
