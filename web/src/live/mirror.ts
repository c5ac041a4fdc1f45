import type { Problem } from "../api/errors";

/** What a read over HTTP gave. */
export type Read<State> =
  | { readonly state: State; readonly refused: ReadonlySet<string> }
  | { readonly absent: true }
  | { readonly failure: Problem };

export interface Mirrored<State> {
  readonly status: "loading" | "ready" | "absent" | "failed";
  readonly state: State | null;
  /** Paths of the query that the server refused, e.g. "criticalResults". */
  readonly refused: ReadonlySet<string>;
  /** Why the last read did not succeed; the state is then the one before. */
  readonly failure: Problem | null;
}

/** Together, not one by one: several feeds start at once and a transfer is two events. */
const READ_AFTER_MS = 200;
const TRY_AGAIN_MS = 10_000;

/** What has not come by then is said to be missing: after a gap the line is live again, and what is shown may be old. */
const SLOW_MS = 4_000;

/**
 * A state of the server, kept true without a reload: a snapshot over HTTP, and the changes that the feeds tell of.
 *
 * A change may be applied twice and to a newer snapshot; `applied` must bear that.
 */
export class Mirror<State, Change> {
  private shown: Mirrored<State> = { status: "loading", state: null, refused: new Set(), failure: null };
  private readonly listeners = new Set<() => void>();
  /** Changes heard while a snapshot is on its way: it may be older than they are. */
  private heard: Change[] = [];
  private reading = 0;
  private turn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = true;

  constructor(
    private readonly query: () => Promise<Read<State>>,
    private readonly applied: (state: State, change: Change) => State,
  ) {}

  start(): void {
    this.stopped = false;
    void this.read();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  readonly snapshot = (): Mirrored<State> => this.shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** What lies behind is unknown: read again. */
  gap(): void {
    this.readAfter(READ_AFTER_MS);
  }

  change(change: Change): void {
    if (this.reading > 0) this.heard.push(change);
    if (this.shown.state !== null) this.show({ state: this.applied(this.shown.state, change) });
  }

  private readAfter(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => void this.read(), ms);
  }

  private async read(): Promise<void> {
    const turn = ++this.turn;
    this.reading++;
    const slow = setTimeout(() => turn === this.turn && this.failed({ key: "unreachable" }), SLOW_MS);
    const answer = await this.asked();
    clearTimeout(slow);
    this.reading--;
    const heard = this.heard;
    if (this.reading === 0) this.heard = [];
    // A later read has been asked for: its answer is the newer one.
    if (this.stopped || turn !== this.turn) return;

    if ("failure" in answer) {
      this.failed(answer.failure);
      this.readAfter(TRY_AGAIN_MS);
    } else if ("absent" in answer) {
      this.show({ status: "absent", state: null, failure: null });
    } else {
      const state = heard.reduce(this.applied, answer.state);
      this.show({ status: "ready", state, refused: answer.refused, failure: null });
    }
  }

  /** Also an answer that nobody can make sense of is one: the next may be better. */
  private async asked(): Promise<Read<State>> {
    try {
      return await this.query();
    } catch {
      return { failure: { key: "unknown" } };
    }
  }

  private failed(failure: Problem): void {
    this.show({ status: this.shown.state === null ? "failed" : "ready", failure });
  }

  private show(change: Partial<Mirrored<State>>): void {
    if (this.stopped) return;
    this.shown = { ...this.shown, ...change };
    this.listeners.forEach((listener) => listener());
  }
}
