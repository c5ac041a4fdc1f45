import type { LiveChannel } from "./channel";
import type { FeedSpec } from "./feed";

/** So many events of one moment are one reason to read again. */
const BEAT_AFTER_MS = 300;

/** Without an event it beats so often all the same: what is due and how old it is changes with the time alone. */
const BEAT_EVERY_MS = 60_000;

/** A beat whenever something may have changed that a page has read: its queries are then run again. */
export class Pulse {
  private readonly hearers = new Set<() => void>();
  private soon: ReturnType<typeof setTimeout> | undefined;
  private every: ReturnType<typeof setInterval> | undefined;
  private unwatch: () => void = () => undefined;

  constructor(
    private readonly channel: Pick<LiveChannel, "watch">,
    /** The feeds that tell of changes; `beat` is for their onMessage and onGap. */
    private readonly feeds: (beat: () => void) => readonly FeedSpec[],
  ) {}

  start(): void {
    this.unwatch = this.channel.watch(this.feeds(this.beat));
    this.every = setInterval(this.beat, BEAT_EVERY_MS);
  }

  stop(): void {
    this.unwatch();
    clearInterval(this.every);
    clearTimeout(this.soon);
    this.soon = undefined;
  }

  onBeat(hearer: () => void): () => void {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  }

  /** Something changed; several in a row beat once. */
  readonly beat = (): void => {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.hearers.forEach((hearer) => hearer());
    }, BEAT_AFTER_MS);
  };
}
