/** The store with urql's real client, whose network is a function of the test. */
import { Client, fetchExchange } from "@urql/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { FeedSpec } from "../live/feed";
import type { Critical } from "./reduce";
import { BoardStore } from "./store";

const critical: Critical = {
  id: "crt_1",
  kind: "LABORATORY",
  status: "OPEN",
  raisedAt: "2026-01-01T09:00:00Z",
  escalationLevel: 0,
  acknowledgedBy: null,
  nextEscalationAt: null,
  rule: "potassium",
  patient: { id: "pat_1", mrn: "1", givenName: "Ada", familyName: "Berg" },
  labResult: {
    id: "lab_1",
    code: "2823-3",
    display: "Potassium",
    value: "6.9",
    comparator: null,
    text: null,
    unit: "mmol/L",
    referenceLow: null,
    referenceHigh: null,
    interpretation: "CRITICAL_HIGH",
    observedAt: "2026-01-01T08:00:00Z",
  },
};

const bed = {
  id: "bed_1",
  code: "1",
  status: "OCCUPIED",
  reserved: false,
  reservedFor: null,
  admission: { id: "adm_1", patient: { ...critical.patient, birthDate: null, sex: "FEMALE", latestVitals: null } },
};

function snapshot(criticals: readonly Critical[] | null): object {
  return {
    ward: { id: "war_1", code: "MED1", name: "Medicine 1", beds: [bed] },
    criticalResults: criticals && { totalCount: criticals.length, nodes: criticals },
  };
}

let answers: ((body: object) => void)[];
let specs: readonly FeedSpec[];
let store: BoardStore;

const until = (what: () => void) => vi.waitFor(what, { timeout: 8_000, interval: 5 });
const openIds = () => store.snapshot().board?.criticals?.map((one) => one.id);

/** Answers the oldest read that waits. */
async function answer(body: object): Promise<void> {
  await until(() => expect(answers.length).toBeGreaterThan(0));
  answers.shift()?.(body);
}

function hear(feed: string, ...events: object[]): void {
  specs
    .find((spec) => spec.name === feed)
    ?.onMessage({ cursor: "1", live: true, resync: false, events } as { cursor: string; live: boolean; resync: boolean });
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
  store = new BoardStore("MED1", client, { watch: (watched) => (specs = watched) });
  store.start();
});

afterEach(() => store.stop());

it("puts what it hears during a read over the snapshot, which may be older", async () => {
  await until(() => expect(answers.length).toBe(1));
  hear("criticalResults", { kind: "RAISED", criticalResult: critical });
  await answer({ data: snapshot([]) });
  await until(() => expect(store.snapshot().status).toBe("ready"));
  expect(openIds()).toEqual(["crt_1"]);
});

it("speaks of a new critical result with its bed, and not of one that is acknowledged since", async () => {
  await answer({ data: snapshot([]) });
  await until(() => expect(store.snapshot().status).toBe("ready"));
  hear("criticalResults", { kind: "RAISED", criticalResult: critical });
  const said = store.snapshot().announcement;
  expect(said.text).toBe("New critical result: Potassium 6.9 mmol/L; Berg, Ada; bed 1.");
  hear("criticalResults", { kind: "ESCALATED", criticalResult: { ...critical, status: "ACKNOWLEDGED" } });
  expect(store.snapshot().announcement).toEqual(said);
  expect(openIds()).toEqual([]);
});

it("speaks of vital signs by their score", async () => {
  await answer({ data: snapshot([]) });
  await until(() => expect(store.snapshot().status).toBe("ready"));
  const rule = "NEWS2 8: emergency, within 30 min (RCP 2017)";
  const deteriorates = { ...critical, kind: "DETERIORATION", rule, labResult: null };
  hear("criticalResults", { kind: "WORSENED", criticalResult: deteriorates });
  expect(store.snapshot().announcement.text).toBe(`Critical result worse: ${rule}; Berg, Ada; bed 1.`);
});

it("keeps silent about a repeat, and shows what it says", async () => {
  await answer({ data: snapshot([critical]) });
  await until(() => expect(openIds()).toEqual(["crt_1"]));
  const before = store.snapshot().announcement;
  hear("criticalResults", { kind: "REPEATED", criticalResult: { ...critical, escalationLevel: 1 } });
  expect(store.snapshot().announcement).toEqual(before);
  expect(store.snapshot().board?.criticals?.[0]?.escalationLevel).toBe(1);
});

it("reads again where a critical result has moved, since this may be the ward that it left", async () => {
  await answer({ data: snapshot([critical]) });
  await until(() => expect(openIds()).toEqual(["crt_1"]));
  hear("criticalResults", { kind: "MOVED", criticalResult: critical });
  await answer({ data: snapshot([]) });
  await until(() => expect(openIds()).toEqual([]));
});

it("shows what stands where vital signs were taken back", async () => {
  await answer({ data: snapshot([]) });
  await until(() => expect(store.snapshot().status).toBe("ready"));
  const shown = () => store.snapshot().board?.beds[0]?.admission?.patient?.latestVitals?.id;
  const earlier = { id: "vit_1", recordedAt: "2026-01-01T08:00:00Z" };
  const taken = { id: "vit_2", recordedAt: "2026-01-01T09:00:00Z" };
  hear("vitalSigns", { kind: "RECORDED", patient: { id: "pat_1", latestVitals: taken }, vitals: taken });
  expect(shown()).toBe("vit_2");
  hear("vitalSigns", { kind: "ENTERED_IN_ERROR", patient: { id: "pat_1", latestVitals: earlier }, vitals: taken });
  expect(shown()).toBe("vit_1");
});

it("says who closed a result", async () => {
  await answer({ data: snapshot([critical]) });
  await until(() => expect(openIds()).toEqual(["crt_1"]));
  const acknowledged = { ...critical, status: "ACKNOWLEDGED" as const, acknowledgedBy: "Grace" };
  hear("criticalResults", { kind: "ACKNOWLEDGED", criticalResult: acknowledged });
  expect(store.snapshot().closing).toBe("Acknowledged by Grace: Potassium 6.9 mmol/L; Berg, Ada; bed 1.");
});

it("reads the board again after a gap, once for several feeds", async () => {
  await answer({ data: snapshot([critical]) });
  await until(() => expect(openIds()).toEqual(["crt_1"]));
  specs.forEach((spec) => spec.onGap());
  await answer({ data: snapshot([]) });
  await until(() => expect(openIds()).toEqual([]));
  expect(answers.length).toBe(0);
});

const LEFT = ["TRANSFERRED_OUT", "DISCHARGED", "ADMISSION_CANCELLED", "TRANSFER_CANCELLED"];
it.each(LEFT)("reads again on %s, since the open results move along", async (kind) => {
  await answer({ data: snapshot([critical]) });
  await until(() => expect(openIds()).toEqual(["crt_1"]));
  hear("bedChanges", { kind, bed: { ...bed, status: "UNOCCUPIED", admission: null } });
  expect(store.snapshot().board?.beds[0]?.admission).toBeNull();
  await answer({ data: snapshot([]) });
  await until(() => expect(openIds()).toEqual([]));
});

it("shows the rest where a field is refused", async () => {
  await answer({
    data: snapshot(null),
    errors: [{ message: "no", path: ["criticalResults"], extensions: { code: "FORBIDDEN" } }],
  });
  await until(() => expect(store.snapshot().status).toBe("ready"));
  expect(store.snapshot().board?.criticals).toBeNull();
  expect([...store.snapshot().refused]).toEqual(["criticalResults"]);
  expect(store.snapshot().failure).toBeNull();
});

it("keeps the board and says so where a read fails", async () => {
  await answer({ data: snapshot([critical]) });
  await until(() => expect(openIds()).toEqual(["crt_1"]));
  store.gap();
  await answer({ data: null, errors: [{ message: "x", extensions: { correlationId: "c-1" } }] });
  await until(() => expect(store.snapshot().failure).toContain("c-1"));
  expect(openIds()).toEqual(["crt_1"]);
});
