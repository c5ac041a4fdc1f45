import { useEffect, useMemo } from "react";

import { ChartChangesOnBoardDocument, DueOnBoardDocument } from "../generated/graphql";
import { useLive, useMay } from "../live/Live";
import { Pulse } from "../live/pulse";
import { feedOf } from "../live/spec";
import { useLiveQuery } from "../live/useLiveQuery";
import { dueByPatient, type Due } from "./due";

const NOBODY: ReadonlyMap<string, Due> = new Map();

/** The doses that wait on a ward, by patient; nobody's where the role is not shown any. */
export function useDue(ward: string): ReadonlyMap<string, Due> {
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
  const [{ data }] = useLiveQuery({ query: DueOnBoardDocument, variables: { ward }, pulse, pause: !may });

  useEffect(() => {
    if (!may) return undefined;
    pulse.start();
    return () => pulse.stop();
  }, [pulse, may]);

  return useMemo(() => (data?.medicationsDue ? dueByPatient(data.medicationsDue) : NOBODY), [data]);
}
