import { useCallback, useEffect } from "react";
import { useQuery, type AnyVariables, type TypedDocumentNode, type UseQueryState } from "urql";

import type { Pulse } from "./pulse";
import { useBeat } from "./useBeat";

/** A server that was away is asked again without being told to, as Mirror does. */
const TRY_AGAIN_MS = 10_000;

interface LiveQuery<Data, Variables extends AnyVariables> {
  readonly query: TypedDocumentNode<Data, Variables>;
  readonly variables: Variables;
  /** Runs the query again at each beat; what was read before stays on the page meanwhile. */
  readonly pulse: Pulse | null;
  readonly pause?: boolean;
}

/** A query whose answer is kept true by a pulse. The second value runs it again at once. */
export function useLiveQuery<Data, Variables extends AnyVariables>({
  query,
  variables,
  pulse,
  pause = false,
}: LiveQuery<Data, Variables>): readonly [UseQueryState<Data, Variables>, () => void] {
  const [result, run] = useQuery<Data, Variables>({ query, variables, pause });
  const again = useCallback(() => run({ requestPolicy: "network-only" }), [run]);

  const { fetching, error } = result;
  const unreachable = error?.networkError;

  useBeat(pause ? null : pulse, fetching, again);

  useEffect(() => {
    if (unreachable === undefined || pause) return undefined;
    const timer = setTimeout(again, TRY_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [unreachable, pause, again]);

  return [result, again];
}
