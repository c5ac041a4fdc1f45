/** The store with urql's real client, whose network is a function of the test. */
import { Client, fetchExchange } from "@urql/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { FeedMessage, FeedSpec } from "../live/feed";
import type { Critical } from "./open";
import { sample } from "./sample";
import { CriticalStore, sounded, type CriticalEvent } from "./store";

let answers: ((body: object) => void)[];
let specs: readonly FeedSpec[];
let store: CriticalStore;

const until = (what: () => void) => vi.waitFor(what, { timeout: 8_000, interval: 5 });
const open = () => store.snapshot().state?.open?.map((one) => one.id);
const list = (...nodes: Critical[]) => ({ data: { criticalResults: { totalCount: nodes.length, nodes } } });

/** Answers the oldest read that waits. */
async function answer(body: object): Promise<void> {
  await until(() => expect(answers.length).toBeGreaterThan(0));
  answers.shift()?.(body);
}

function hear(kind: CriticalEvent["kind"], criticalResult: Critical | null): void {
  const events = [{ cursor: "1", occurredAt: "2026-01-01T09:00:00Z", kind, criticalResult }];
  specs[0]?.onMessage({ cursor: "1", live: true, resync: false, events } as FeedMessage);
}

function standing(ward: string | null): void {
  answers = [];
  const client = new Client({
    url: "http://ward.test/graphql",
    preferGetMethod: false,
    requestPolicy: "network-only",
    exchanges: [fetchExchange],
    fetch: () => new Promise((resolve) => answers.push((body) => resolve(Response.json(body)))),
  });
  store = new CriticalStore(ward, client, {
    watch: (watched) => {
      specs = watched;
      return () => undefined;
    },
  });
  store.start();
}

beforeEach(() => standing("MED1"));
afterEach(() => store.stop());

it("listens for its ward on one feed", () => {
  expect(specs.map(({ name, variables }) => [name, variables])).toEqual([["criticalResults", { ward: "MED1" }]]);
});

it("puts what it hears during a read over the snapshot, which may be older", async () => {
  await until(() => expect(answers.length).toBe(1));
  hear("RAISED", sample());
  await answer(list());
  await until(() => expect(open()).toEqual(["crt_1"]));
});

it("takes away what is acknowledged, by an event or by this page's own answer", async () => {
  await answer(list(sample(), sample({ id: "crt_2" })));
  await until(() => expect(open()).toEqual(["crt_1", "crt_2"]));
  hear("ACKNOWLEDGED", sample({ status: "ACKNOWLEDGED" }));
  store.acknowledged(sample({ id: "crt_2", status: "ACKNOWLEDGED" }));
  expect(open()).toEqual([]);
});

it("lets go of what has moved to another ward with its patient, and reads again", async () => {
  await answer(list(sample()));
  await until(() => expect(open()).toEqual(["crt_1"]));
  hear("MOVED", sample({ ward: { id: "war_2", code: "SURG1" } }));
  expect(open()).toEqual([]);
  await answer(list());
});

it("keeps those of every ward where it stands on none", async () => {
  store.stop();
  standing(null);
  await answer(list(sample()));
  await until(() => expect(open()).toEqual(["crt_1"]));
  hear("RAISED", sample({ id: "crt_2", ward: { id: "war_2", code: "SURG1" } }));
  expect(open()).toEqual(["crt_1", "crt_2"]);
});

it("reads again what it may not see any more, and tells its hearers of each event", async () => {
  await answer(list(sample()));
  await until(() => expect(open()).toEqual(["crt_1"]));
  const heard = vi.fn();
  store.onEvent(heard);
  hear("ESCALATED", null);
  await answer(list());
  await until(() => expect(open()).toEqual([]));
  expect(heard).toHaveBeenCalledOnce();
});

it("has no list where the role does not show it", async () => {
  await answer({
    data: { criticalResults: null },
    errors: [{ message: "no", path: ["criticalResults"], extensions: { code: "FORBIDDEN" } }],
  });
  await until(() => expect(store.snapshot().status).toBe("ready"));
  expect(store.snapshot().state).toEqual({ open: null, total: 0 });
  expect([...store.snapshot().refused]).toEqual(["criticalResults"]);
});

it("sounds for what needs somebody now, and for nothing that is closed since", () => {
  const event = (kind: CriticalEvent["kind"], critical: Critical | null) =>
    sounded({ cursor: "1", occurredAt: "2026-01-01T09:00:00Z", kind, criticalResult: critical });
  expect(event("WORSENED", sample())).toEqual({ kind: "WORSENED", critical: sample() });
  expect(event("REPEATED", sample())).toBeNull();
  expect(event("READ_BACK_REFUSED", sample())).toBeNull();
  expect(event("ESCALATED", sample({ status: "ACKNOWLEDGED" }))).toBeNull();
  expect(event("RAISED", null)).toBeNull();
});
