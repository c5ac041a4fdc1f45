import { describe, expect, it } from "vitest";

import { hangs, newLine, phaseOf, STALE_AFTER_MS, step, type Line, type LineEvent } from "./phase";

/** Plays [time, event] pairs. */
function played(...events: readonly (readonly [number, LineEvent])[]): Line {
  return events.reduce((line, [at, event]) => step(line, event, at), newLine(0));
}

const watching: LineEvent = { type: "watching", feeds: ["a", "b"] };
const opened: LineEvent = { type: "opened" };
const closed: LineEvent = { type: "closed" };
const heard = (feed: string): LineEvent => ({ type: "heard", feed });
const refused = (feed: string): LineEvent => ({ type: "refused", feed });

const live = played([0, watching], [10, opened], [20, heard("a")], [30, heard("b")]);

describe("the phase of the line", () => {
  it("is connecting until every feed has been heard", () => {
    const line = played([5, watching], [10, opened], [20, heard("a")]);
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

  it("does not restart its count when a reconnect fails", () => {
    const dropped = step(step(live, closed, 5_000), closed, 9_000);
    expect(phaseOf(dropped, 9_000)).toEqual({ name: "reconnecting", since: 20 });
  });

  it("leaves refused feeds out, and says so when none is left, also after a reconnect", () => {
    const one = played([0, watching], [10, opened], [20, refused("a")], [30, heard("b")]);
    expect(phaseOf(one, 40)).toEqual({ name: "live" });
    const again = step(step(step(one, closed, 50), opened, 60), heard("b"), 70);
    expect(phaseOf(again, 70)).toEqual({ name: "live" });
    expect(phaseOf(step(one, refused("b"), 40), 40)).toEqual({ name: "not-permitted" });
  });

  it("starts afresh with another ward", () => {
    const other = step(live, { type: "watching", feeds: ["c"] }, 100);
    expect(phaseOf(other, 110)).toEqual({ name: "connecting", since: 100 });
    expect(phaseOf(step(other, heard("a"), 120), 120)).toEqual({ name: "connecting", since: 100 });
  });

  it("stays signed out", () => {
    const out = step(step(live, { type: "signed-out" }, 40), opened, 50);
    expect(phaseOf(out, 60)).toEqual({ name: "signed-out" });
  });
});

describe("a line that hangs", () => {
  it("is an open socket with a feed that is silent for too long", () => {
    expect(hangs(live, 20 + STALE_AFTER_MS)).toBe(false);
    expect(hangs(live, 21 + STALE_AFTER_MS)).toBe(true);
  });

  it("counts from the opening where a feed has not been heard at all", () => {
    const line = played([0, watching], [1_000, opened], [1_100, heard("a")]);
    expect(hangs(line, 1_000 + STALE_AFTER_MS)).toBe(false);
    expect(hangs(line, 1_001 + STALE_AFTER_MS)).toBe(true);
  });

  it("is not one that is closed or refused", () => {
    expect(hangs(step(live, closed, 40), 10 * STALE_AFTER_MS)).toBe(false);
    const line = played([0, watching], [10, opened], [20, refused("a")], [20, refused("b")]);
    expect(hangs(line, 10 * STALE_AFTER_MS)).toBe(false);
  });
});
