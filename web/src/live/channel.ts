import { createClient, type Client } from "graphql-ws";

import { Feed, type FeedHost, type FeedSpec } from "./feed";
import { Hearing } from "./hearing";
import { hangs, newLine, phaseOf, step, type Line, type LineEvent, type Phase } from "./phase";

/** 4401 and 4403 are the server's words for a sign-in that is missing or has ended. */
const SIGNED_OUT_CODES: readonly unknown[] = [4401, 4403];

const TICK_MS = 2_000;
const LONGEST_WAIT_MS = 30_000;

/** A browser waits for minutes on a connection that goes nowhere, as that of a machine between two networks does. */
const OPENS_WITHIN_MS = 15_000;

export interface ChannelOptions {
  readonly url: string;
  readonly onSignedOut: () => void;
  /** Reconnecting does not succeed: the sign-in may have ended where a refused upgrade cannot say so. */
  readonly onTrouble?: () => void;
  /** Its "online" event ends a wait for the network. */
  readonly wake?: EventTarget;
  /** Only for programs without a WebSocket of their own. */
  readonly webSocketImpl?: unknown;
  /** The shortest wait before a reconnect, ms. */
  readonly firstWaitMs?: number;
}

function closeCode(reason: unknown): unknown {
  return typeof reason === "object" && reason !== null && "code" in reason ? reason.code : undefined;
}

/** The one socket of the page, the feeds on it with their cursors, and what state the line is in. */
export class LiveChannel {
  private line: Line = newLine(Date.now());
  private shown: Phase = phaseOf(this.line, Date.now());
  private readonly feeds = new Map<string, Feed>();
  private watched = 0;
  private turn = 0;
  /** When the socket that is being made was begun; null while none is. */
  private openingSince: number | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private readonly ticking: ReturnType<typeof setInterval>;
  private readonly hearing = new Hearing();
  private client: Client;
  private readonly ended = new AbortController();

  constructor(private readonly options: ChannelOptions) {
    this.client = this.connect();
    this.ticking = setInterval(() => this.tick(), TICK_MS);
  }

  /** The phase to show; the same object until it changes. */
  readonly phase = (): Phase => this.shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** True where what else the browser asks of the server is under way, and not lost on a connection that is gone. */
  readonly isWhole = (): boolean => this.hearing.isWhole(Date.now());

  /** Keeps these feeds until the function that it returns is called. */
  watch(specs: readonly FeedSpec[]): () => void {
    if (this.closed) return () => undefined;
    const keys = specs.map((spec) => `${spec.name} ${++this.watched}`);
    specs.forEach((spec, at) => {
      const key = keys[at] ?? spec.name;
      const feed = new Feed(spec, this.hostOf(key));
      this.feeds.set(key, feed);
      this.apply({ type: "watched", feed: key });
      feed.start();
    });
    return () => {
      for (const key of keys) {
        this.feeds.get(key)?.stop();
        this.feeds.delete(key);
        this.apply({ type: "unwatched", feed: key });
      }
    };
  }

  /**
   * A new socket for a new sign-in of the same person: its feeds go on where they were, and the page stays as it is.
   * False where the socket before was signed out already.
   */
  renew(): boolean {
    if (this.closed) return false;
    const before = this.client;
    this.apply({ type: "closed" });
    this.client = this.connect();
    this.feeds.forEach((feed) => feed.start());
    void before.dispose();
    return true;
  }

  close(): void {
    if (this.closed) return;
    this.ended.abort();
    clearInterval(this.ticking);
    this.timers.forEach(clearTimeout);
    this.feeds.forEach((feed) => feed.stop());
    void this.client.dispose();
  }

  private get closed(): boolean {
    return this.ended.signal.aborted;
  }

  private hostOf(feed: string): FeedHost {
    return {
      subscribe: (payload, sink) => this.client.subscribe(payload, sink),
      heard: () => this.apply({ type: "heard", feed }),
      refused: () => this.apply({ type: "refused", feed }),
      signedOut: () => this.signOut(),
      again: (attempt, again) => this.later(this.wait(attempt), again),
    };
  }

  private connect(): Client {
    // What an earlier client still tells of its socket is no news of this one.
    const turn = ++this.turn;
    const mine = () => turn === this.turn;
    const client: Client = createClient({
      url: this.options.url,
      ...(this.options.webSocketImpl === undefined ? {} : { webSocketImpl: this.options.webSocketImpl }),
      // The line must show that it is up before anything is asked of it, and a wall display never gives up.
      lazy: false,
      retryAttempts: Infinity,
      keepAlive: 10_000,
      connectionAckWaitTimeout: 10_000,
      // A browser reports a refused connection as an error event, not as a close: that is tried again as well.
      shouldRetry: (reason) => !SIGNED_OUT_CODES.includes(closeCode(reason)),
      retryWait: (retries) => this.retryWait(retries),
      onNonLazyError: (reason) => this.lost(client, reason),
      on: {
        connecting: () => mine() && (this.openingSince = Date.now()),
        connected: () => {
          if (!mine()) return;
          this.openingSince = null;
          this.apply({ type: "opened" });
        },
        message: () => mine() && this.hearing.heard(Date.now()),
        closed: () => {
          if (!mine()) return;
          this.openingSince = null;
          this.hearing.lost(Date.now());
          this.apply({ type: "closed" });
        },
      },
    });
    return client;
  }

  /** The client gave up on a close code that it holds fatal. */
  private lost(client: Client, reason: unknown): void {
    if (this.closed || client !== this.client) return;
    if (SIGNED_OUT_CODES.includes(closeCode(reason))) {
      this.signOut();
      return;
    }
    this.apply({ type: "closed" });
    this.later(this.wait(4), () => {
      this.client = this.connect();
      this.feeds.forEach((feed) => feed.start());
    });
  }

  private signOut(): void {
    if (this.closed) return;
    this.apply({ type: "signed-out" });
    this.close();
    this.options.onSignedOut();
  }

  private apply(event: LineEvent): void {
    this.line = step(this.line, event, Date.now());
    this.show();
  }

  private tick(): void {
    const stuck = this.openingSince !== null && Date.now() - this.openingSince > OPENS_WITHIN_MS;
    if (stuck || hangs(this.line, Date.now())) this.client.terminate();
    this.show();
  }

  private show(): void {
    const phase = phaseOf(this.line, Date.now());
    if (JSON.stringify(phase) === JSON.stringify(this.shown)) return;
    this.shown = phase;
    this.listeners.forEach((listener) => listener());
  }

  /** Doubling, with jitter, so that the stations of a hospital do not come back in the same instant. */
  private wait(retries: number): number {
    const longest = Math.min(LONGEST_WAIT_MS, (this.options.firstWaitMs ?? 500) * 2 ** retries);
    return longest * (0.5 + Math.random() / 2);
  }

  private retryWait(retries: number): Promise<void> {
    if (retries >= 2) this.options.onTrouble?.();
    return new Promise((resolve) => {
      const cancel = this.later(this.wait(retries), resolve);
      const online = () => {
        cancel();
        resolve();
      };
      this.options.wake?.addEventListener("online", online, { once: true, signal: this.ended.signal });
    });
  }

  private later(ms: number, run: () => void): () => void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, ms);
    this.timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.timers.delete(timer);
    };
  }
}
