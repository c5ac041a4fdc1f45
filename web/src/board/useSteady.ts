import { useRef, useState } from "react";

import { inOrder, type Place } from "./selection";

/** So long after somebody last moved over the cards they stay where they are: no card goes from under a finger. */
const HOLD_MS = 4_000;

interface Handlers {
  readonly onPointerMove: () => void;
  readonly onFocus: () => void;
}

/** The places in their order, but for as long as somebody is about to choose one in the order of before. */
export function useSteady(places: readonly Place[], sortedBy: string): readonly [readonly Place[], Handlers] {
  const [held, setHeld] = useState(false);
  const [kept, setKept] = useState({ sortedBy, ids: places.map(({ bed }) => bed.id) });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  function hold() {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHeld(false), HOLD_MS);
    setHeld(true);
  }

  const ids = places.map(({ bed }) => bed.id);
  const holds = held && kept.sortedBy === sortedBy;
  if (!holds && (kept.sortedBy !== sortedBy || kept.ids.join() !== ids.join())) setKept({ sortedBy, ids });
  return [holds ? inOrder(places, kept.ids) : places, { onPointerMove: hold, onFocus: hold }];
}
