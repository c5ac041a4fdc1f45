import type { Client } from "@urql/core";

import { problemOf, refusedPaths } from "../api/errors";
import {
  CriticalResultFeedDocument,
  OpenCriticalResultsDocument,
  type CriticalResultFeedSubscription,
} from "../generated/graphql";
import type { LiveChannel } from "../live/channel";
import { Mirror, type Mirrored, type Read } from "../live/mirror";
import { feedOf } from "../live/spec";
import { openOf, withCritical, without, type Critical, type OpenCriticals } from "./open";

export type CriticalEvent = CriticalResultFeedSubscription["criticalResults"]["events"][number];

/** What happened to a critical result that a person must hear of now, in the words of the event's kind. */
export interface Sounded {
  readonly kind: CriticalEvent["kind"];
  readonly critical: Critical;
}

const SOUNDS: readonly CriticalEvent["kind"][] = ["RAISED", "WORSENED", "MOVED", "REOPENED", "ESCALATED", "BREACHED"];

/** The open critical results of one ward, or of every ward that the viewer may hear (null): one for the whole page. */
export class CriticalStore {
  private readonly mirror: Mirror<OpenCriticals, Critical>;
  private readonly hearers = new Set<(event: CriticalEvent) => void>();
  private unwatch: () => void = () => undefined;

  constructor(
    readonly ward: string | null,
    private readonly client: Client,
    private readonly channel: Pick<LiveChannel, "watch">,
  ) {
    this.mirror = new Mirror(
      () => this.read(),
      // It has gone with its patient to another ward, which hears of it from now on.
      (state, critical) => (this.elsewhere(critical) ? without(state, critical.id) : withCritical(state, critical)),
    );
  }

  start(): void {
    this.mirror.start();
    this.unwatch = this.channel.watch([
      feedOf({
        name: "criticalResults",
        document: CriticalResultFeedDocument,
        variables: { ward: this.ward },
        pick: (data) => data.criticalResults,
        onMessage: (message) => this.heard(message.events),
        onGap: () => this.mirror.gap(),
      }),
    ]);
  }

  stop(): void {
    this.unwatch();
    this.mirror.stop();
  }

  readonly snapshot = (): Mirrored<OpenCriticals> => this.mirror.snapshot();
  readonly subscribe = (listener: () => void): (() => void) => this.mirror.subscribe(listener);

  /** Each event as it is heard, after the state has it. */
  onEvent(hearer: (event: CriticalEvent) => void): () => void {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  }

  /** Reads again soon: open critical results move along with their patients. */
  gap(): void {
    this.mirror.gap();
  }

  /** What a mutation of this page answered; the feed will say the same a moment later. */
  acknowledged(critical: Critical): void {
    this.mirror.change(critical);
  }

  private elsewhere(critical: Critical): boolean {
    const ward = critical.ward?.code;
    return this.ward !== null && ward !== undefined && ward !== this.ward;
  }

  private heard(events: readonly CriticalEvent[]): void {
    for (const event of events) {
      if (event.criticalResult) this.mirror.change(event.criticalResult);
      // The ward that the patient has left hears of it, too: only a read tells which one this is.
      if (!event.criticalResult || event.kind === "MOVED") this.mirror.gap();
    }
    events.forEach((event) => this.hearers.forEach((hearer) => hearer(event)));
  }

  private async read(): Promise<Read<OpenCriticals>> {
    const { data, error } = await this.client.query(OpenCriticalResultsDocument, { ward: this.ward }).toPromise();
    if (!data) return { failure: problemOf(error) };
    return { state: openOf(data), refused: refusedPaths(error) };
  }
}

/** What must be heard of an event; null for one that makes no sound, or that is closed meanwhile. */
export function sounded(event: CriticalEvent): Sounded | null {
  const critical = event.criticalResult;
  // The payload is the result as it is now: what was acknowledged since is no alarm any more.
  if (critical?.status !== "OPEN" || !SOUNDS.includes(event.kind)) return null;
  return { kind: event.kind, critical };
}
