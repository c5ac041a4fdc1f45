import { loud } from "./alarm";
import type { Critical } from "./open";

/**
 * The sound of this machine is off for a while, by name. It is of the machine and not of a person: all tabs keep it, and
 * whoever sits down next reads who muted. What was loud already when somebody muted stays silent, since that person has
 * it in hand; what becomes an emergency or overdue afterwards is heard through the mute.
 */
export interface Mute {
  readonly by: string;
  readonly since: number;
  readonly until: number;
  /** The loud ones that were open then. */
  readonly known: readonly string[];
}

export const MUTE_MINUTES = [5, 15, 30] as const;

const MINUTE = 60_000;
const LONGEST_MS = Math.max(...MUTE_MINUTES) * MINUTE;
const KEY = "wardline.mute";

/** What was kept, where it holds now; null where nothing was kept, it is over, or it is not what `mute` keeps. */
export function muteOf(kept: string | null, now: number): Mute | null {
  if (kept === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(kept);
  } catch {
    return null;
  }
  const { by, since, until, known } = (value ?? {}) as Partial<Record<keyof Mute, unknown>>;
  if (typeof by !== "string" || typeof since !== "number" || typeof until !== "number" || !Array.isArray(known)) return null;
  // Also after the clock was set: no mute lasts longer than the longest that one can choose.
  if (since > now || until <= now || until - since > LONGEST_MS) return null;
  return { by, since, until, known: known.filter((one) => typeof one === "string") };
}

/** The mute of this machine, the same in all its tabs; it ends by itself. */
export class MuteStore {
  private shown: Mute | null = null;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">,
    /** Its "storage" event tells what another tab has kept. */
    private readonly tabs: EventTarget,
  ) {}

  start(): void {
    this.tabs.addEventListener("storage", this.read);
    this.read();
  }

  stop(): void {
    this.tabs.removeEventListener("storage", this.read);
    clearTimeout(this.timer);
  }

  readonly snapshot = (): Mute | null => this.shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  mute(by: string, minutes: (typeof MUTE_MINUTES)[number], open: readonly Critical[]): void {
    const since = Date.now();
    // Another tab may look at another ward: what was muted there stays so.
    const known = new Set([...(this.shown?.known ?? []), ...open.filter(loud).map((one) => one.id)]);
    const mute: Mute = { by, since, until: since + minutes * MINUTE, known: [...known] };
    this.storage.setItem(KEY, JSON.stringify(mute));
    this.read();
  }

  unmute(): void {
    this.storage.removeItem(KEY);
    this.read();
  }

  private readonly read = (): void => {
    clearTimeout(this.timer);
    const now = Date.now();
    this.shown = muteOf(this.storage.getItem(KEY), now);
    if (this.shown !== null) this.timer = setTimeout(this.read, this.shown.until - now);
    this.listeners.forEach((listener) => listener());
  };
}
