import { useCallback, useEffect } from "react";
import { useQuery, type AnyVariables, type TypedDocumentNode, type UseQueryState } from "urql";

import type { Pulse } from "./pulse";

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

  useEffect(() => {
    if (pulse === null || pause) return undefined;
    return pulse.onBeat(again);
  }, [pulse, pause, again]);

  return [result, again];
}
