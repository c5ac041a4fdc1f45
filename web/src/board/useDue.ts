import { useEffect, useMemo } from "react";

import { DueOnBoardDocument } from "../generated/graphql";
import { useLive, useMay } from "../live/Live";
import { Pulse } from "../live/pulse";
import { useLiveQuery } from "../live/useLiveQuery";
import { dueByPatient, type Due } from "./due";

const NOBODY: ReadonlyMap<string, Due> = new Map();

/** The doses that wait on a ward, by patient; nobody's where the role is not shown any. */
export function useDue(ward: string): ReadonlyMap<string, Due> {
  const { channel } = useLive();
  const may = useMay("medication:read");
  // Once a minute: what is due becomes late by the time alone.
  const pulse = useMemo(() => new Pulse(channel, () => []), [channel]);
  const [{ data }] = useLiveQuery({ query: DueOnBoardDocument, variables: { ward }, pulse, pause: !may });

  useEffect(() => {
    pulse.start();
    return () => pulse.stop();
  }, [pulse]);

  return useMemo(() => (data?.medicationsDue ? dueByPatient(data.medicationsDue) : NOBODY), [data]);
}
