import { useEffect, useMemo, useState } from "react";

import { ChartChangesOnBoardDocument, DueOnBoardDocument, type DueOnBoardQuery } from "../generated/graphql";
import { useLive, useMay } from "../live/Live";
import { Pulse } from "../live/pulse";
import { feedOf } from "../live/spec";
import { useLiveQuery } from "../live/useLiveQuery";
import { dueByPatient, type Due } from "./due";

type Doses = DueOnBoardQuery["medicationsDue"];

interface DueOnWard {
  /** By patient; nobody's where the role is not shown any. */
  readonly due: ReadonlyMap<string, Due>;
  /** The last read did not succeed: what is there is from before. */
  readonly old: boolean;
}

const NOBODY: ReadonlyMap<string, Due> = new Map();

/** The doses that wait on a ward. */
export function useDue(ward: string): DueOnWard {
  const { channel } = useLive();
  const may = useMay("medication:read");
  // A dose that is given or ordered is a change of a chart; and once a minute what is due becomes late by the time alone.
  const pulse = useMemo(
    () =>
      new Pulse(channel, (beat) => [
        feedOf({
          name: "chartChanges",
          document: ChartChangesOnBoardDocument,
          variables: { ward },
          pick: (data) => data.chartChanges,
          onMessage: ({ events }) => events.length > 0 && beat(),
          onGap: beat,
        }),
      ]),
    [channel, ward],
  );
  const [{ data, error }] = useLiveQuery({ query: DueOnBoardDocument, variables: { ward }, pulse, pause: !may });

  useEffect(() => {
    if (!may) return undefined;
    pulse.start();
    return () => pulse.stop();
  }, [pulse, may]);

  // After a failure the doses of before stay: a card that loses its late dose looks calm.
  const doses = data?.medicationsDue;
  const [held, setHeld] = useState<Doses>(null);
  if (doses && doses !== held) setHeld(doses);
  const due = useMemo(() => (held ? dueByPatient(held) : NOBODY), [held]);
  return { due, old: may && error !== undefined && !doses };
}
