import { useSyncExternalStore } from "react";

/** One timer for the page and pace, so that all its ages change together. */
export class Ticking {
  private now = 0;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly stepMs: number) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.timer === undefined) {
      this.now = this.step();
      this.timer = setInterval(() => this.tick(), this.stepMs);
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  };

  readonly time = (): number => {
    // Nobody has listened for a while, and what is counted down now must not begin with the time of then.
    if (this.timer === undefined) this.now = this.step();
    return this.now;
  };

  private step(): number {
    return Math.floor(Date.now() / this.stepMs) * this.stepMs;
  }

  private tick(): void {
    this.now = this.step();
    this.listeners.forEach((listener) => listener());
  }
}

const slow = new Ticking(5_000);
const fast = new Ticking(1_000);

/** Milliseconds, in steps of 5 s: for ages. */
export function useNow(): number {
  return useSyncExternalStore(slow.subscribe, slow.time);
}

/** What `of` makes of the time, in steps of 5 s: only when that is another one is anything drawn again. */
export function useOfNow<Shown extends string | number | null>(of: (now: number) => Shown): Shown {
  return useSyncExternalStore(slow.subscribe, () => of(slow.time()));
}

/** As `useOfNow`, in steps of 1 s. */
export function useOfSeconds<Shown extends string | number | null>(of: (now: number) => Shown): Shown {
  return useSyncExternalStore(fast.subscribe, () => of(fast.time()));
}

/** Milliseconds, in steps of 1 s: for what is counted down. */
export function useSeconds(): number {
  return useSyncExternalStore(fast.subscribe, fast.time);
}
