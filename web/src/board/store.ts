import type { Client } from "@urql/core";

import { refusedPaths, sentence } from "../api/errors";
import { patientName } from "../format/patient";
import { finding } from "../format/result";
import { BoardDocument } from "../generated/graphql";
import type { LiveChannel } from "../live/channel";
import { boardFeeds, type BedEvent, type BoardListener, type CriticalEvent, type VitalsEvent } from "./feeds";
import { applied, boardOf, type Board, type Change, type Critical } from "./reduce";

export interface BoardState {
  readonly status: "loading" | "ready" | "absent" | "failed";
  readonly board: Board | null;
  /** Paths of the board's query that the server refused, e.g. "criticalResults". */
  readonly refused: ReadonlySet<string>;
  readonly failure: string | null;
  /** What a screen reader says at once; numbered, so that the same words twice are said twice. */
  readonly announcement: { readonly number: number; readonly text: string };
  /** The last result that was closed, by this page or by another; "" before the first. */
  readonly closing: string;
}

/** Together, not one by one: three feeds start at once and a transfer is two events. */
const READ_AFTER_MS = 200;
const TRY_AGAIN_MS = 10_000;

const MOVES: readonly string[] = [
  "ADMITTED",
  "TRANSFERRED_IN",
  "TRANSFERRED_OUT",
  "DISCHARGED",
  "ADMISSION_CANCELLED",
  "TRANSFER_CANCELLED",
  "DISCHARGE_CANCELLED",
];

const SPOKEN: Readonly<Record<string, string>> = {
  RAISED: "New critical result",
  WORSENED: "Critical result worse",
  MOVED: "Critical result moved with its patient",
  REOPENED: "Critical result open again",
  ESCALATED: "Critical result escalated",
  BREACHED: "Critical result overdue",
};

/** One ward's board: a snapshot over HTTP, kept true by the feeds. */
export class BoardStore implements BoardListener {
  private state: BoardState = {
    status: "loading",
    board: null,
    refused: new Set(),
    failure: null,
    announcement: { number: 0, text: "" },
    closing: "",
  };
  private readonly listeners = new Set<() => void>();
  /** Changes heard while a snapshot is on its way: it may be older than they are. */
  private heard: Change[] = [];
  private reading = 0;
  private turn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    private readonly ward: string,
    private readonly client: Client,
    private readonly channel: Pick<LiveChannel, "watch">,
  ) {}

  start(): void {
    this.stopped = false;
    this.channel.watch(boardFeeds(this.ward, this));
    void this.read();
  }

  readonly snapshot = (): BoardState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  stop(): void {
    this.stopped = true;
    this.channel.watch([]);
    clearTimeout(this.timer);
  }

  gap(): void {
    this.readSoon(READ_AFTER_MS);
  }

  criticalEvents(events: readonly CriticalEvent[]): void {
    for (const event of events) {
      if (event.criticalResult) this.change({ type: "critical", critical: event.criticalResult });
      // The ward that the patient has left hears of it, too: only a read tells which one this is.
      if (!event.criticalResult || event.kind === "MOVED") this.gap();
    }
    events.forEach((event) => event.criticalResult && this.noteClosing(event.criticalResult));
    const spoken = events.flatMap((event) => {
      const words = SPOKEN[event.kind];
      // The payload is the result as it is now: what was acknowledged since is no alarm any more.
      return words && event.criticalResult?.status === "OPEN" ? [this.spoken(words, event.criticalResult)] : [];
    });
    if (spoken.length > 0) this.announce(spoken.join(" "));
  }

  bedEvents(events: readonly BedEvent[]): void {
    for (const event of events) {
      if (event.bed) this.change({ type: "bed", bed: event.bed });
      // Open critical results move with their patient.
      if (!event.bed || MOVES.includes(event.kind)) this.gap();
    }
  }

  vitalsEvents(events: readonly VitalsEvent[]): void {
    for (const event of events) {
      if (!event.patient || !event.vitals) continue;
      const patientId = event.patient.id;
      if (event.kind === "ENTERED_IN_ERROR") {
        const latest = event.patient.latestVitals;
        this.change({ type: "vitalsTakenBack", patientId, taken: event.vitals.id, latest });
      } else {
        this.change({ type: "vitals", patientId, vitals: event.vitals });
      }
    }
  }

  /** What a mutation of this page answered; the feed will say the same a moment later. */
  acknowledged(critical: Critical): void {
    this.change({ type: "critical", critical });
    this.noteClosing(critical);
  }

  /** Where the patient of a critical result lies on this board. */
  bedOf(critical: Critical): string | null {
    const patientId = critical.patient?.id;
    if (patientId === undefined) return null;
    return this.state.board?.beds.find((bed) => bed.admission?.patient?.id === patientId)?.code ?? null;
  }

  /** A form that somebody is typing into may vanish by this: it must be said why. */
  private noteClosing(critical: Critical): void {
    if (critical.status === "OPEN") return;
    const by = critical.acknowledgedBy ? ` by ${critical.acknowledgedBy}` : "";
    this.set({ closing: this.spoken(critical.status === "ACKNOWLEDGED" ? `Acknowledged${by}` : "Withdrawn", critical) });
  }

  private spoken(words: string, critical: Critical): string {
    const bed = this.bedOf(critical);
    const said = [
      finding(critical),
      critical.patient ? patientName(critical.patient) : null,
      bed === null ? null : `bed ${bed}`,
    ];
    return `${words}: ${said.filter(Boolean).join("; ")}.`;
  }

  private announce(text: string): void {
    this.set({ announcement: { number: this.state.announcement.number + 1, text } });
  }

  private change(change: Change): void {
    if (this.reading > 0) this.heard.push(change);
    if (this.state.board) this.set({ board: applied(this.state.board, change) });
  }

  private readSoon(ms: number): void {
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => void this.read(), ms);
  }

  private async read(): Promise<void> {
    const turn = ++this.turn;
    this.reading++;
    const { data, error } = await this.client.query(BoardDocument, { ward: this.ward }).toPromise();
    this.reading--;
    const heard = this.heard;
    if (this.reading === 0) this.heard = [];
    // A later read has been asked for: its answer is the newer one.
    if (this.stopped || turn !== this.turn) return;

    if (!data) {
      this.set({
        status: this.state.board ? "ready" : "failed",
        failure: error ? sentence(error) : "The board could not be read.",
      });
      this.readSoon(TRY_AGAIN_MS);
      return;
    }
    const board = boardOf(data);
    this.set({
      status: board ? "ready" : "absent",
      board: board && heard.reduce(applied, board),
      refused: refusedPaths(error),
      failure: null,
    });
  }

  private set(change: Partial<BoardState>): void {
    if (this.stopped) return;
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }
}
