/** The store with urql's real client, whose network is a function of the test. */
import { Client, fetchExchange } from "@urql/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { FeedSpec } from "../live/feed";
import { BoardStore } from "./store";

const bed = {
  id: "bed_1",
  code: "1",
  status: "OCCUPIED",
  statusSince: null,
  closedReason: null,
  isolationFor: [],
  reserved: false,
  reservedFor: null,
  admission: {
    id: "adm_1",
    admittedAt: "2026-01-01T00:00:00Z",
    leaveSince: null,
    leaveUntil: null,
    patient: {
      id: "pat_1",
      mrn: "1",
      givenName: "Ada",
      familyName: "Berg",
      birthDate: null,
      sex: "FEMALE",
      isolations: [],
      latestVitals: null,
    },
  },
};
const emptied = { ...bed, status: "UNOCCUPIED", admission: null };

function snapshot(...beds: readonly object[]): object {
  return { ward: { id: "war_1", code: "MED1", name: "Medicine 1", beds } };
}

let answers: ((body: object) => void)[];
let specs: readonly FeedSpec[];
let store: BoardStore;

const until = (what: () => void) => vi.waitFor(what, { timeout: 8_000, interval: 5 });
const first = () => store.snapshot().state?.beds[0];

/** Answers the oldest read that waits. */
async function answer(body: object): Promise<void> {
  await until(() => expect(answers.length).toBeGreaterThan(0));
  answers.shift()?.(body);
}

async function ready(...beds: readonly object[]): Promise<void> {
  await answer({ data: snapshot(...beds) });
  await until(() => expect(store.snapshot().status).toBe("ready"));
}

function hear(feed: string, ...events: object[]): void {
  const message = { cursor: "1", live: true, resync: false, events };
  specs.find((spec) => spec.name === feed)?.onMessage(message);
}

beforeEach(() => {
  answers = [];
  const client = new Client({
    url: "http://ward.test/graphql",
    preferGetMethod: false,
    requestPolicy: "network-only",
    exchanges: [fetchExchange],
    fetch: () =>
      new Promise((resolve) => {
        answers.push((body) => resolve(Response.json(body)));
      }),
  });
  store = new BoardStore("MED1", client, {
    watch(watched) {
      specs = watched;
      return () => (specs = []);
    },
  });
  store.start();
});

afterEach(() => {
  store.stop();
  vi.useRealTimers();
});

it("puts what it hears during a read over the snapshot, which may be older", async () => {
  await until(() => expect(answers.length).toBe(1));
  hear("bedChanges", { kind: "DISCHARGED", bed: emptied });
  await ready(bed);
  expect(first()?.status).toBe("UNOCCUPIED");
});

it("reads the board again after a gap, once for several feeds", async () => {
  await ready(bed);
  specs.forEach((spec) => spec.onGap());
  await answer({ data: snapshot(emptied) });
  await until(() => expect(first()?.admission).toBeNull());
  expect(answers.length).toBe(0);
});

it("reads again where a bed may not be seen any more", async () => {
  await ready(bed);
  hear("bedChanges", { kind: "STATUS_CHANGED", bed: null });
  await answer({ data: snapshot() });
  await until(() => expect(store.snapshot().state?.beds).toEqual([]));
});

const MOVES = ["ADMITTED", "TRANSFERRED_IN", "TRANSFERRED_OUT", "DISCHARGED", "ADMISSION_CANCELLED", "TRANSFER_CANCELLED"];
it.each(MOVES)("tells of a move on %s, since open critical results go along", async (kind) => {
  const moved = vi.fn();
  store.onMove(moved);
  await ready(bed);
  hear("bedChanges", { kind, bed: emptied });
  expect(first()?.admission).toBeNull();
  expect(moved).toHaveBeenCalledOnce();
});

it("tells of no move where a bed is cleaned", async () => {
  const moved = vi.fn();
  store.onMove(moved);
  await ready(emptied);
  hear("bedChanges", { kind: "STATUS_CHANGED", bed: { ...emptied, status: "HOUSEKEEPING" } });
  expect(first()?.status).toBe("HOUSEKEEPING");
  expect(moved).not.toHaveBeenCalled();
});

it("shows what stands where vital signs were taken back", async () => {
  await ready(bed);
  const shown = () => first()?.admission?.patient?.latestVitals?.id;
  const earlier = { id: "vit_1", recordedAt: "2026-01-01T08:00:00Z" };
  const taken = { id: "vit_2", recordedAt: "2026-01-01T09:00:00Z" };
  hear("vitalSigns", { kind: "RECORDED", patient: { id: "pat_1", latestVitals: taken }, vitals: taken });
  expect(shown()).toBe("vit_2");
  hear("vitalSigns", { kind: "ENTERED_IN_ERROR", patient: { id: "pat_1", latestVitals: earlier }, vitals: taken });
  expect(shown()).toBe("vit_1");
});

it("leaves the other beds the objects that they were, so that their cards are not drawn again", async () => {
  await ready(bed, { ...emptied, id: "bed_2", code: "2" });
  const other = store.snapshot().state?.beds[1];
  const vitals = { id: "vit_1", recordedAt: "2026-01-01T08:00:00Z" };
  hear("vitalSigns", { kind: "RECORDED", patient: { id: "pat_1", latestVitals: vitals }, vitals });
  expect(store.snapshot().state?.beds[1]).toBe(other);
});

it("shows the rest where a field is refused", async () => {
  await answer({
    data: snapshot(bed),
    errors: [
      {
        message: "no",
        path: ["ward", "beds", 0, "admission", "patient", "latestVitals"],
        extensions: { code: "FORBIDDEN" },
      },
    ],
  });
  await until(() => expect(store.snapshot().status).toBe("ready"));
  expect([...store.snapshot().refused]).toEqual(["ward.beds.admission.patient.latestVitals"]);
  expect(first()?.code).toBe("1");
});

it("says that there is no such ward", async () => {
  await answer({ data: { ward: null } });
  await until(() => expect(store.snapshot().status).toBe("absent"));
});

it("keeps the board where a read fails, says so, and tries again", async () => {
  await ready(bed);
  vi.useFakeTimers({ shouldAdvanceTime: true });
  specs[0]?.onGap();
  await answer({ data: null, errors: [{ message: "x", extensions: { correlationId: "c-1" } }] });
  await until(() => expect(store.snapshot().failure).toEqual({ key: "internal", id: "c-1" }));
  expect(first()?.id).toBe("bed_1");
  await vi.advanceTimersByTimeAsync(10_000);
  await answer({ data: snapshot(emptied) });
  await until(() => expect(store.snapshot().failure).toBeNull());
  expect(first()?.status).toBe("UNOCCUPIED");
});
