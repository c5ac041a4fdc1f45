import { describe, expect, it } from "vitest";

import { GRACE_MS, HANGS_AFTER_MS, hangs, newLine, phaseOf, STALE_AFTER_MS, step, type Line, type LineEvent } from "./phase";

/** Plays [time, event] pairs. */
function played(...events: readonly (readonly [number, LineEvent])[]): Line {
  return events.reduce((line, [at, event]) => step(line, event, at), newLine(0));
}

const watched = (feed: string): LineEvent => ({ type: "watched", feed });
const unwatched = (feed: string): LineEvent => ({ type: "unwatched", feed });
const opened: LineEvent = { type: "opened" };
const closed: LineEvent = { type: "closed" };
const heard = (feed: string): LineEvent => ({ type: "heard", feed });
const refused = (feed: string): LineEvent => ({ type: "refused", feed });

const live = played([0, watched("a")], [0, watched("b")], [10, opened], [20, heard("a")], [30, heard("b")]);

describe("the phase of the line", () => {
  it("is connecting until every feed has been heard", () => {
    const line = played([5, watched("a")], [5, watched("b")], [10, opened], [20, heard("a")]);
    expect(phaseOf(line, 25)).toEqual({ name: "connecting", since: 5 });
    expect(phaseOf(step(line, heard("b"), 30), 30)).toEqual({ name: "live" });
  });

  it("is stale since the last message of the most silent feed", () => {
    const line = step(live, heard("b"), 20_000);
    expect(phaseOf(line, 20 + STALE_AFTER_MS)).toEqual({ name: "live" });
    expect(phaseOf(line, 21 + STALE_AFTER_MS)).toEqual({ name: "stale", since: 20 });
  });

  it("is reconnecting since the page was last whole, until every feed is heard again", () => {
    const dropped = step(live, closed, 5_000);
    expect(phaseOf(dropped, 5_000)).toEqual({ name: "reconnecting", since: 20 });
    const back = step(step(dropped, opened, 6_000), heard("a"), 6_010);
    expect(phaseOf(back, 6_020)).toEqual({ name: "reconnecting", since: 30 });
    expect(phaseOf(step(back, heard("b"), 6_030), 6_030)).toEqual({ name: "live" });
  });

  it("becomes stale where reconnecting does not succeed, and counts on from the same moment", () => {
    const dropped = step(step(live, closed, 5_000), closed, 9_000);
    expect(phaseOf(dropped, 20 + STALE_AFTER_MS)).toEqual({ name: "reconnecting", since: 20 });
    expect(phaseOf(dropped, 21 + STALE_AFTER_MS)).toEqual({ name: "stale", since: 20 });
  });

  it("leaves refused feeds out, and says so when none is left, also after a reconnect", () => {
    const one = played([0, watched("a")], [0, watched("b")], [10, opened], [20, refused("a")], [30, heard("b")]);
    expect(phaseOf(one, 40)).toEqual({ name: "live" });
    const again = step(step(step(one, closed, 50), opened, 60), heard("b"), 70);
    expect(phaseOf(again, 70)).toEqual({ name: "live" });
    expect(phaseOf(step(one, refused("b"), 40), 40)).toEqual({ name: "not-permitted" });
  });

  it("stays live while a page that was just opened asks for a feed, and not for longer", () => {
    const other = step(live, watched("c"), 100);
    expect(phaseOf(other, 99 + GRACE_MS)).toEqual({ name: "live" });
    expect(phaseOf(other, 100 + GRACE_MS).name).not.toBe("live");
    expect(phaseOf(step(other, heard("c"), 200), 100 + GRACE_MS)).toEqual({ name: "live" });
  });

  it("does not wait for a feed that a page has left", () => {
    const left = step(step(live, watched("c"), 100), unwatched("c"), 200);
    expect(phaseOf(left, 100 + GRACE_MS)).toEqual({ name: "live" });
    expect(phaseOf(step(left, heard("c"), 300), 400)).toEqual({ name: "live" });
  });

  it("is live without a feed as long as there is a socket", () => {
    const bare = played([10, opened]);
    expect(phaseOf(bare, 100_000)).toEqual({ name: "live" });
    expect(phaseOf(step(bare, closed, 100_000), 100_001)).toEqual({ name: "reconnecting", since: 100_000 });
  });

  it("stays signed out", () => {
    const out = step(step(live, { type: "signed-out" }, 40), opened, 50);
    expect(phaseOf(out, 60)).toEqual({ name: "signed-out" });
  });
});

describe("a line that hangs", () => {
  it("is an open socket with a feed that is silent for too long", () => {
    expect(hangs(live, 20 + HANGS_AFTER_MS)).toBe(false);
    expect(hangs(live, 21 + HANGS_AFTER_MS)).toBe(true);
  });

  it("counts from the opening, or from when it was asked for, where a feed has not been heard at all", () => {
    const line = played([0, watched("a")], [0, watched("b")], [1_000, opened], [1_100, heard("a")]);
    expect(hangs(line, 1_000 + HANGS_AFTER_MS)).toBe(false);
    expect(hangs(line, 1_001 + HANGS_AFTER_MS)).toBe(true);
    const late = step(played([0, opened]), watched("a"), 50_000);
    expect(hangs(late, 50_000 + HANGS_AFTER_MS)).toBe(false);
    expect(hangs(late, 50_001 + HANGS_AFTER_MS)).toBe(true);
  });

  it("is not one that is closed or refused", () => {
    expect(hangs(step(live, closed, 40), 10 * HANGS_AFTER_MS)).toBe(false);
    const line = played([0, watched("a")], [10, opened], [20, refused("a")]);
    expect(hangs(line, 10 * HANGS_AFTER_MS)).toBe(false);
  });
});

/** What a line is made to do, by chance that can be told again. */
function* chance(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

const FEEDS = ["a", "b", "c"];
const KINDS = ["watched", "unwatched", "opened", "closed", "heard", "refused"] as const;

it.each(Array.from({ length: 50 }, (_, seed) => seed))("never looks calm by chance, seed %d", (seed) => {
  const random = chance(seed + 1);
  const next = () => random.next().value as number;
  let line = newLine(0);
  let now = 0;
  // The model: what each feed that is watched was told on this socket, and the moment.
  const told = new Map<string, { heard: number | null; since: number; refused: boolean; ever: boolean }>();
  let openedAt: number | null = null;
  for (let turn = 0; turn < 200; turn++) {
    now += Math.floor(next() * 12_000);
    const feed = FEEDS[Math.floor(next() * FEEDS.length)] ?? "a";
    const type = KINDS[Math.floor(next() * KINDS.length)] ?? "closed";
    if (type === "heard" && openedAt === null) continue;
    line = step(line, type === "opened" || type === "closed" ? { type } : { type, feed }, now);
    if (type === "watched") told.set(feed, { heard: null, since: now, refused: false, ever: false });
    if (type === "unwatched") told.delete(feed);
    if (type === "opened" || type === "closed") {
      openedAt = type === "opened" ? now : null;
      told.forEach((one) => (one.heard = null));
    }
    const one = told.get(feed);
    if (one && type === "heard") [one.heard, one.ever] = [now, true];
    if (one && type === "refused") one.refused = true;

    const phase = phaseOf(line, now);
    if (phase.name !== "live") continue;
    expect(openedAt).not.toBeNull();
    for (const each of told.values()) {
      if (each.refused) continue;
      const young = !each.ever && each.since > (openedAt ?? 0) && now - each.since < GRACE_MS;
      expect(young || (each.heard !== null && now - each.heard <= STALE_AFTER_MS)).toBe(true);
    }
  }
});
