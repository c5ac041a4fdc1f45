import { beforeEach, expect, it } from "vitest";

import type { Mirrored } from "../live/mirror";
import { Herald } from "./herald";
import type { Critical, OpenCriticals } from "./open";
import { sample } from "./sample";
import type { CriticalEvent } from "./store";

/** The open critical results as a test puts them, and the events that it lets be heard. */
class Station {
  private shown: Mirrored<OpenCriticals> = { status: "loading", state: null, refused: new Set(), failure: null };
  private readonly listeners = new Set<() => void>();
  private readonly hearers = new Set<(event: CriticalEvent) => void>();

  readonly snapshot = () => this.shown;
  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  onEvent(hearer: (event: CriticalEvent) => void) {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  }

  put(...open: Critical[]): void {
    this.shown = { ...this.shown, status: "ready", state: { open, total: open.length } };
    this.listeners.forEach((listener) => listener());
  }

  hear(kind: CriticalEvent["kind"], criticalResult: Critical): void {
    this.hearers.forEach((hearer) => hearer({ cursor: "1", occurredAt: criticalResult.raisedAt, kind, criticalResult }));
  }
}

let station: Station;
let herald: Herald;

const settled = () => new Promise<void>((resolve) => setTimeout(resolve));
const said = () => herald.snapshot().map((word) => (word.kind === "STANDING" ? `STANDING ${word.count}` : `${word.kind} ${word.critical.id}`));

beforeEach(() => {
  station = new Station();
  herald = new Herald(station);
  herald.start();
});

it("says how many stand open when the page comes up, and nothing where none does", async () => {
  station.put(sample(), sample({ id: "crt_2" }));
  await settled();
  expect(said()).toEqual(["STANDING 2"]);
});

it("says each thing once, by the word of its event", async () => {
  station.put();
  await settled();
  station.put(sample());
  station.hear("MOVED", sample());
  await settled();
  station.put(sample({ escalationLevel: 1 }));
  station.hear("ESCALATED", sample({ escalationLevel: 1 }));
  station.hear("ESCALATED", sample({ escalationLevel: 1 }));
  station.hear("WORSENED", sample({ escalationLevel: 1 }));
  station.hear("REPEATED", sample({ escalationLevel: 1 }));
  await settled();
  expect(said()).toEqual(["MOVED crt_1", "ESCALATED crt_1", "WORSENED crt_1"]);
});

it("says what came in a break, of which there are no events", async () => {
  station.put(sample());
  await settled();
  station.put(
    sample({ escalationLevel: 2 }),
    sample({ id: "crt_2" }),
  );
  await settled();
  station.put(sample({ escalationLevel: 3, nextEscalationAt: null }), sample({ id: "crt_2" }));
  await settled();
  expect(said()).toEqual(["STANDING 1", "ESCALATED crt_1", "RAISED crt_2", "BREACHED crt_1"]);
});

it("says again what is open again, and nothing of what is closed or elsewhere", async () => {
  station.put(sample());
  await settled();
  station.put();
  station.hear("ACKNOWLEDGED", sample({ status: "ACKNOWLEDGED" }));
  station.hear("ESCALATED", sample({ id: "elsewhere", escalationLevel: 1 }));
  await settled();
  station.put(sample());
  station.hear("REOPENED", sample());
  await settled();
  expect(said()).toEqual(["STANDING 1", "REOPENED crt_1"]);
});

it("keeps no more than a reader can be told", async () => {
  station.put();
  await settled();
  station.put(...Array.from({ length: 9 }, (_, n) => sample({ id: `crt_${n}` })));
  await settled();
  expect(herald.snapshot()).toHaveLength(5);
});
