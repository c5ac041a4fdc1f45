import { useEffect, useMemo, useRef } from "react";

import type { Pulse } from "./pulse";
import { ReadingTurn } from "./turn";

/** Reads again at each beat, and once after an answer that was on its way when it beat. */
export function useBeat(pulse: Pulse | null, reading: boolean, again: () => void): void {
  const newest = useRef(again);
  const turn = useMemo(() => new ReadingTurn(() => newest.current()), []);
  useEffect(() => {
    newest.current = again;
  }, [again]);
  useEffect(() => turn.reads(reading), [turn, reading]);
  useEffect(() => pulse?.onBeat(turn.news), [pulse, turn]);
}
