import type { ErrorCode } from "../api/errors";
import { codesOf } from "../api/errors";

/** What every message of every feed carries; see Subscription in schema.graphql. */
export interface FeedMessage {
  readonly cursor: string;
  readonly live: boolean;
  readonly resync: boolean;
}

export interface FeedSpec<Message extends FeedMessage = FeedMessage> {
  readonly name: string;
  /** GraphQL text with a variable $after. */
  readonly query: string;
  readonly variables: Readonly<Record<string, string | null>>;
  /** The feed's message out of the operation's data; null or undefined where the server refused it. */
  readonly read: (data: unknown) => Message | null | undefined;
  readonly onMessage: (message: Message) => void;
  /** The history behind is unknown from here: read the state afresh. */
  readonly onGap: () => void;
}

export interface SubscribePayload {
  readonly query: string;
  readonly variables: Readonly<Record<string, string | null>>;
}

export interface SubscribeSink {
  next(result: { data?: unknown; errors?: readonly unknown[] | undefined }): void;
  error(reason: unknown): void;
  complete(): void;
}

export interface FeedHost {
  subscribe(payload: SubscribePayload, sink: SubscribeSink): () => void;
  heard(): void;
  refused(): void;
  signedOut(): void;
  /** Runs `again` after a jittered wait that grows with the attempts; the return value cancels it. */
  again(attempt: number, again: () => void): () => void;
}

/** One feed with its cursor. It lives longer than any socket. */
export class Feed {
  private cursor: string | null = null;
  private unsubscribe: () => void = () => undefined;
  private cancelLater: () => void = () => undefined;
  private stopped = false;
  /** Messages of an earlier subscription are not heard any more. */
  private turn = 0;
  /** Endings since the last message: what ends at once is not asked for every second. */
  private endings = 0;

  constructor(
    private readonly spec: FeedSpec,
    private readonly host: FeedHost,
  ) {}

  start(): void {
    this.cancelLater();
    this.unsubscribe();
    const turn = ++this.turn;
    const newestCursor = () => this.cursor;
    const { query, variables } = this.spec;
    const mine = () => !this.stopped && turn === this.turn;

    this.unsubscribe = this.host.subscribe(
      {
        query,
        // A getter, because graphql-ws writes this object anew after every reconnect: it must carry the cursor of then.
        get variables() {
          return { ...variables, after: newestCursor() };
        },
      },
      {
        next: (result) => mine() && this.receive(result),
        error: (reason) => mine() && this.fail(reason),
        complete: () => mine() && this.again(),
      },
    );
  }

  stop(): void {
    this.stopped = true;
    this.cancelLater();
    this.unsubscribe();
  }

  private receive(result: { data?: unknown; errors?: readonly unknown[] | undefined }): void {
    const message = this.spec.read(result.data);
    if (message === null || message === undefined) {
      this.fail(result.errors ?? []);
      return;
    }
    const gap = message.resync || this.cursor === null;
    this.cursor = message.cursor;
    this.endings = 0;
    this.host.heard();
    // The gap first: events of the same message are then kept and put over the state that is being read.
    if (gap) this.spec.onGap();
    this.spec.onMessage(message);
  }

  private fail(reason: unknown): void {
    // A socket that closed for good is the channel's affair: it makes a new one and starts every feed again.
    if (!Array.isArray(reason)) return;
    const codes = codesOf(reason);
    const has = (code: ErrorCode) => codes.includes(code);
    if (has("UNAUTHENTICATED")) {
      this.host.signedOut();
    } else if (has("FORBIDDEN")) {
      // The server may still complete what it refused; that is no reason to ask again.
      this.turn++;
      this.unsubscribe();
      this.host.refused();
    } else {
      // A cursor that the server cannot read would be refused for ever; without one the next message is a gap.
      if (has("BAD_USER_INPUT")) this.cursor = null;
      this.again();
    }
  }

  private again(): void {
    this.cancelLater();
    this.cancelLater = this.host.again(++this.endings, () => this.start());
  }
}
