/**
 * A nursing station: it hears feeds of Wardline for ever, everything, in order, once, whatever breaks.
 * For browsers, and for Node with the package `ws`. What stands behind each step is told in docs/live.md.
 */
import { createClient, type Client } from "graphql-ws";

/** What every message of every feed carries. */
interface Message<Event> {
  readonly cursor: string;
  readonly live: boolean;
  readonly resync: boolean;
  readonly events: readonly Event[];
}

/** live; behind: it is told what it missed; away: nothing is heard; refused: the server says that it may not. */
export type Phase = "live" | "behind" | "away" | "refused";

export interface Feed<Event> {
  /** One root field with cursor, live, resync and events, and the variable `$after: String`. */
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** A cursor that was kept from an earlier life; without one the feed begins now. */
  readonly after?: string;
  /** Read the state afresh: when the feed begins, and where its history is gone. Events wait until it is done. */
  readonly onResync: () => Promise<void> | void;
  /** Put these over the state. `cursor` is where to go on after them. What fails is given again. */
  readonly onEvents: (events: readonly Event[], cursor: string) => Promise<void> | void;
  readonly onPhase?: (phase: Phase, why?: unknown) => void;
}

export interface StationOptions {
  /** wss://…/graphql */
  readonly url: string;
  /** A token of a new session: asked for at first, and whenever the one before has ended. */
  readonly signIn: () => Promise<string>;
  /** For programs without a WebSocket of their own: that of `ws`. */
  readonly webSocketImpl?: typeof WebSocket;
  /** After so long without a message a feed is dead, ms. The server sends one at least every 15 s. */
  readonly silence?: number;
  /** The longest pause between two attempts, ms. */
  readonly longestPause?: number;
}

const SESSION_ENDED = 4403;
const FIRST_PAUSE = 1_000;

/** Listens to all of these on one socket. Call what it returns to end it. */
export function station<Event>(options: StationOptions, feeds: readonly Feed<Event>[]): () => void {
  const { url, signIn, webSocketImpl = WebSocket, silence = 20_000, longestPause = 30_000 } = options;
  let token: string | undefined;
  const client = createClient({
    url,
    webSocketImpl: patient(webSocketImpl),
    connectionParams: async () => ({ authorization: `Bearer ${(token ??= await signIn())}` }),
    connectionAckWaitTimeout: silence,
    // It would count some close codes as fatal, and give up. A station comes back after every one, by itself.
    retryAttempts: 0,
    on: {
      closed: (event) => {
        if ((event as CloseEvent).code === SESSION_ENDED) token = undefined;
      },
    },
  });
  const lines = feeds.map((feed) => new Line(client, feed, silence, longestPause));
  lines.forEach((line) => void line.listen());
  return () => lines.forEach((line) => line.end());
}

/** One feed and up to where it has been heard. It outlives every socket. */
class Line<Event> {
  private cursor: string | undefined;
  private failures = 0;
  private phase: Phase | undefined;
  private ended = false;
  private interrupt: () => void = () => undefined;

  constructor(
    private readonly client: Client,
    private readonly feed: Feed<Event>,
    private readonly silence: number,
    private readonly longestPause: number,
  ) {
    this.cursor = feed.after;
  }

  async listen(): Promise<void> {
    for (;;) {
      const why: unknown = await this.hear().catch((error: unknown) => error);
      if (this.ended) return;
      // The server's errors come as a list; all else is a socket that closed, or a callback that failed.
      this.show(Array.isArray(why) ? "refused" : "away", why);
      // By chance, so that the stations of a hospital do not all come back in the same instant.
      const ceiling = Math.min(this.longestPause, FIRST_PAUSE * 2 ** this.failures++);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.random() * ceiling);
        this.interrupt = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  end(): void {
    this.ended = true;
    this.interrupt();
  }

  /** Until the subscription ends, for whatever reason, and all that it brought is taken in. */
  private async hear(): Promise<void> {
    if (this.ended) return;
    let received = this.cursor;
    let taken = Promise.resolve();
    let deadline: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(deadline);
      deadline = setTimeout(() => this.client.terminate(), this.silence);
    };
    heard();
    let unsubscribe: () => void = () => undefined;
    const { query, variables } = this.feed;
    const over = new Promise<void>((resolve, reject) => {
      this.interrupt = resolve;
      unsubscribe = this.client.subscribe<Record<string, Message<Event>>>(
        {
          query,
          // After a close with 1000 graphql-ws subscribes again by itself: then, too, from the newest cursor.
          get variables() {
            return { ...variables, after: received ?? null };
          },
        },
        {
          next: ({ data, errors }) => {
            heard();
            const message = Object.values(data ?? {})[0];
            received = message?.cursor ?? received;
            // One after the other; behind one that fails nothing is taken any more.
            taken = taken.then(() => this.take(message, errors));
            taken.catch(reject);
          },
          error: reject,
          complete: resolve,
        },
      );
    });
    try {
      await over;
    } finally {
      clearTimeout(deadline);
      unsubscribe();
      await taken.catch(() => undefined);
    }
  }

  private async take(message: Message<Event> | undefined, errors: unknown): Promise<void> {
    if (message === undefined) throw errors;
    if (message.resync || this.cursor === undefined) await this.feed.onResync();
    if (message.events.length > 0) await this.feed.onEvents(message.events, message.cursor);
    this.cursor = message.cursor;
    this.failures = 0;
    this.show(message.live ? "live" : "behind");
  }

  private show(phase: Phase, why?: unknown): void {
    if (phase === this.phase) return;
    this.phase = phase;
    this.feed.onPhase?.(phase, why);
  }
}

/** `ws` throws an error that nobody listens for, as when a socket is closed that never came to be open. */
function patient(impl: typeof WebSocket): typeof WebSocket {
  return class extends impl {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("error", () => undefined);
    }
  };
}
