import { useEffect, useMemo } from "react";

import { problemOf, type Problem } from "../api/errors";
import { CriticalResultWithStepsDocument, type CriticalResultWithStepsQuery } from "../generated/graphql";
import { useCriticals, useLive } from "../live/Live";
import { Pulse } from "../live/pulse";
import { useLiveQuery } from "../live/useLiveQuery";
import type { CriticalStore } from "./store";
import type { Critical } from "./open";

type WithSteps = Extract<CriticalResultWithStepsQuery["node"], { readonly steps: unknown }>;
export type Step = WithSteps["steps"][number];

/** A beat whenever the critical results of this station have changed: it opens no feed of its own. */
export function usePulse(criticals: CriticalStore): Pulse {
  const { channel } = useLive();
  const pulse = useMemo(() => new Pulse(channel, () => []), [channel]);
  useEffect(() => {
    pulse.start();
    const unsubscribe = criticals.subscribe(pulse.beat);
    return () => {
      unsubscribe();
      pulse.stop();
    };
  }, [pulse, criticals]);
  return pulse;
}

export interface CriticalById {
  /** As it is now; null before it is read, and where it does not exist for this person. */
  readonly critical: Critical | null;
  readonly steps: readonly Step[] | null;
  readonly reading: boolean;
  readonly problem: Problem | null;
  readonly again: () => void;
}

/** One critical result and what happened to it so far, kept true. The open ones of this station are there at once. */
export function useCritical(id: string): CriticalById {
  const { criticals } = useLive();
  const [{ data, error, fetching }, again] = useLiveQuery({
    query: CriticalResultWithStepsDocument,
    variables: { id },
    pulse: usePulse(criticals),
  });
  const open = useCriticals().state?.open?.find((one) => one.id === id);
  const found = data?.node && "steps" in data.node ? data.node : null;
  return {
    critical: open ?? found,
    steps: found?.steps ?? null,
    reading: fetching,
    problem: error && !found ? problemOf(error) : null,
    again,
  };
}
