import { describe, expect, it } from "vitest";

import { extended, grouped, horizonOf, limiting, merged, refreshed, type Entry, type Source } from "./timeline";
import type { Content } from "./timelineContent";

function entry(id: string, at: number, content?: Content): Entry {
  return { id, at, kind: "moves", content: content ?? { type: "move", move: "moved", place: null, note: null } };
}

function source(entries: readonly Entry[], horizon: number | null = null): Source {
  return { entries, horizon, cursor: horizon === null ? null : `after ${horizon}` };
}

const ids = (entries: readonly Entry[]) => entries.map(({ id }) => id);

describe("the merged timeline", () => {
  const sources = new Map([
    ["vitals", source([entry("v9", 9), entry("v7", 7), entry("v5", 5)], 5)],
    ["results", source([entry("r8", 8), entry("r3", 3)], 3)],
    ["stays", source([entry("s6", 6), entry("s1", 1)])],
  ]);

  it("shows nothing at or below the highest horizon: there something may be missing", () => {
    expect(horizonOf(sources)).toBe(5);
    expect(ids(merged(sources))).toEqual(["v9", "r8", "v7", "s6"]);
    expect(limiting(sources)).toEqual(["vitals"]);
  });

  it("goes down as the limiting list is loaded, and to the end when all are", () => {
    const known = sources.get("vitals") ?? source([]);
    const further = new Map(sources).set("vitals", extended(known, source([entry("v2", 2)])));
    expect(limiting(further)).toEqual(["results"]);
    expect(ids(merged(further))).toEqual(["v9", "r8", "v7", "s6", "v5"]);
    const whole = new Map(further).set("results", extended(sources.get("results") ?? source([]), source([])));
    expect(horizonOf(whole)).toBeNull();
    expect(ids(merged(whole))).toEqual(["v9", "r8", "v7", "s6", "v5", "r3", "v2", "s1"]);
  });

  it("has a row once that two pages give", () => {
    const twice = extended(source([entry("a", 4), entry("b", 3)], 3), source([entry("b", 3), entry("c", 2)]));
    expect(ids(twice.entries)).toEqual(["a", "b", "c"]);
  });
});

describe("the first page read again", () => {
  const known = source([entry("c", 6), entry("b", 5), entry("a", 2)], 2);

  it("brings what is new and keeps what is older, with the horizon that was reached", () => {
    const again = refreshed(known, source([entry("d", 7), entry("c", 6), entry("b", 5)], 5));
    expect(ids(again.entries)).toEqual(["d", "c", "b", "a"]);
    expect(again.horizon).toBe(2);
    expect(again.cursor).toBe("after 2");
  });

  it("loses what was taken back", () => {
    expect(ids(refreshed(known, source([entry("c", 6), entry("a", 2)], 2)).entries)).toEqual(["c", "a"]);
    expect(ids(refreshed(known, source([entry("b", 5)])).entries)).toEqual(["b"]);
  });

  it("keeps what can never be taken back", () => {
    const steps = refreshed(known, source([entry("d", 7)], 5), true);
    expect(ids(steps.entries)).toEqual(["d", "c", "b", "a"]);
  });

  it("begins anew where so much is new that a gap would be between", () => {
    const page = source([entry("z", 30), entry("y", 20)], 20);
    expect(refreshed(known, page)).toBe(page);
  });
});

describe("results of one panel", () => {
  const result = (id: string, at: number, panel: string | null) =>
    entry(id, at, { type: "results", results: [{ id, panel } as never] });

  it("are one entry for each collection", () => {
    const shown = grouped([result("k", 9, "cmp"), entry("m", 9), result("na", 9, "cmp"), result("lac", 9, null), result("k2", 4, "cmp")]);
    expect(ids(shown)).toEqual(["k", "m", "lac", "k2"]);
    const [first] = shown;
    expect(first?.content.type === "results" && first.content.results.map(({ id }) => id)).toEqual(["k", "na"]);
  });
});
