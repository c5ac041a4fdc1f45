import { useSyncExternalStore } from "react";

const STEP_MS = 5_000;

let now = Date.now();

/** One timer for the page, so that all its ages change together. */
function onTick(listener: () => void): () => void {
  const timer = setInterval(() => {
    now = Math.max(now, Math.floor(Date.now() / STEP_MS) * STEP_MS);
    listener();
  }, STEP_MS);
  return () => clearInterval(timer);
}

/** Milliseconds, in steps of 5 s. */
export function useNow(): number {
  return useSyncExternalStore(onTick, () => now);
}
