import type { Client } from "@urql/core";

import { problemOf, refusedPaths } from "../api/errors";
import {
  BedChangeFeedDocument,
  BoardDocument,
  VitalSignsFeedDocument,
  type BedChangeFeedSubscription,
  type VitalSignsFeedSubscription,
} from "../generated/graphql";
import type { LiveChannel } from "../live/channel";
import type { FeedSpec } from "../live/feed";
import { Mirror, type Mirrored, type Read } from "../live/mirror";
import { feedOf } from "../live/spec";
import { applied, boardOf, type Board, type Change } from "./reduce";

type BedEvent = BedChangeFeedSubscription["bedChanges"]["events"][number];
type VitalsEvent = VitalSignsFeedSubscription["vitalSigns"]["events"][number];

const MOVES: readonly BedEvent["kind"][] = [
  "ADMITTED",
  "TRANSFERRED_IN",
  "TRANSFERRED_OUT",
  "DISCHARGED",
  "ADMISSION_CANCELLED",
  "TRANSFER_CANCELLED",
  "DISCHARGE_CANCELLED",
];

/** One ward's beds and who lies in them: a snapshot over HTTP, kept true by the feeds. */
export class BoardStore {
  private readonly mirror: Mirror<Board, Change>;
  private readonly hearers = new Set<() => void>();
  private unwatch: () => void = () => undefined;

  constructor(
    private readonly ward: string,
    private readonly client: Client,
    private readonly channel: Pick<LiveChannel, "watch">,
  ) {
    this.mirror = new Mirror(() => this.read(), applied);
  }

  start(): void {
    this.mirror.start();
    this.unwatch = this.channel.watch(this.feeds());
  }

  stop(): void {
    this.unwatch();
    this.mirror.stop();
  }

  readonly snapshot = (): Mirrored<Board> => this.mirror.snapshot();
  readonly subscribe = (listener: () => void): (() => void) => this.mirror.subscribe(listener);

  /** A patient came or left: what hangs on them moves along, as open critical results do. */
  onMove(hearer: () => void): () => void {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  }

  private feeds(): readonly FeedSpec[] {
    const heard = { variables: { ward: this.ward }, onGap: () => this.mirror.gap() };
    return [
      feedOf({
        ...heard,
        name: "bedChanges",
        document: BedChangeFeedDocument,
        pick: (data) => data.bedChanges,
        onMessage: (message) => message.events.forEach((event) => this.bedEvent(event)),
      }),
      feedOf({
        ...heard,
        name: "vitalSigns",
        document: VitalSignsFeedDocument,
        pick: (data) => data.vitalSigns,
        onMessage: (message) => message.events.forEach((event) => this.vitalsEvent(event)),
      }),
    ];
  }

  private bedEvent(event: BedEvent): void {
    if (event.bed) this.mirror.change({ type: "bed", bed: event.bed });
    else this.mirror.gap();
    if (!event.bed || MOVES.includes(event.kind)) this.hearers.forEach((hearer) => hearer());
  }

  private vitalsEvent(event: VitalsEvent): void {
    if (!event.patient || !event.vitals) return;
    const patientId = event.patient.id;
    if (event.kind === "ENTERED_IN_ERROR") {
      const latest = event.patient.latestVitals;
      this.mirror.change({ type: "vitalsTakenBack", patientId, taken: event.vitals.id, latest });
    } else {
      this.mirror.change({ type: "vitals", patientId, vitals: event.vitals });
    }
  }

  private async read(): Promise<Read<Board>> {
    const { data, error } = await this.client.query(BoardDocument, { ward: this.ward }).toPromise();
    if (!data) return { failure: problemOf(error) };
    const state = boardOf(data);
    return state === null ? { absent: true } : { state, refused: refusedPaths(error) };
  }
}
