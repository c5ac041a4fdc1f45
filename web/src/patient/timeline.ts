/**
 * The timeline of a chart, merged from lists that are loaded page by page, each by itself. Pure.
 *
 * Of a list that has more pages everything is known down to its horizon, the oldest row that it gave, and nothing below.
 * So the timeline is shown down to the highest horizon alone: below it an entry may be missing, and a timeline with holes
 * is worse than a short one.
 */
import type { ResultOfChartFragment } from "../generated/graphql";
import type { Content } from "./timelineContent";

export type EntryKind = "vitals" | "results" | "criticals" | "orders" | "doses" | "moves";

export const KINDS: readonly EntryKind[] = ["vitals", "results", "criticals", "orders", "doses", "moves"];

export interface Entry {
  /** Of the row, so that what is read twice is there once. */
  readonly id: string;
  /** Milliseconds. */
  readonly at: number;
  readonly kind: EntryKind;
  readonly content: Content;
}

/** What of one list is known. */
export interface Source {
  readonly entries: readonly Entry[];
  /** Entries from here on are all known; null where every one is. */
  readonly horizon: number | null;
  /** Where the next page begins. */
  readonly cursor: string | null;
}

export type Sources = ReadonlyMap<string, Source>;

/** The highest horizon; null where everything is known. */
export function horizonOf(sources: Sources): number | null {
  const open = [...sources.values()].flatMap(({ horizon }) => (horizon === null ? [] : [horizon]));
  return open.length === 0 ? null : Math.max(...open);
}

/** The lists without whose next page nothing older can be shown. */
export function limiting(sources: Sources): readonly string[] {
  const horizon = horizonOf(sources);
  if (horizon === null) return [];
  return [...sources].filter(([, source]) => source.horizon === horizon).map(([name]) => name);
}

/** What can be shown, newest first. At the horizon itself there may be more rows of the same moment. */
export function merged(sources: Sources): readonly Entry[] {
  const horizon = horizonOf(sources);
  return [...sources.values()]
    .flatMap(({ entries }) => entries)
    .filter(({ at }) => horizon === null || at > horizon)
    .sort((a, b) => b.at - a.at || a.id.localeCompare(b.id));
}

/** With the next page of a list behind what is known of it. */
export function extended(source: Source, page: Source): Source {
  const known = new Set(page.entries.map(({ id }) => id));
  return { ...page, entries: [...source.entries.filter(({ id }) => !known.has(id)), ...page.entries] };
}

/**
 * With the first page read again. Down to the page's horizon it says what is there: what it lacks was taken back. Where
 * so much is new that it does not reach what was known, what was known is let go. Of a list whose entries are `lasting`
 * nothing is ever taken back: its entries need not be in the order of its rows.
 */
export function refreshed(source: Source, page: Source, lasting = false): Source {
  const { horizon } = page;
  if (horizon === null) return page;
  const newest = Math.max(-Infinity, ...source.entries.map(({ at }) => at));
  if (!lasting && newest < horizon) return page;
  const fresh = new Set(page.entries.map(({ id }) => id));
  const older = source.entries.filter(({ id, at }) => (lasting || at <= horizon) && !fresh.has(id));
  const reaches = source.horizon === null || source.horizon < horizon;
  const { horizon: down, cursor } = reaches ? source : page;
  return { entries: [...page.entries, ...older], horizon: down, cursor };
}

/** Results of one panel and one collection are one entry: fourteen lines of a panel would bury the rest. */
export function grouped(entries: readonly Entry[]): readonly Entry[] {
  const groups = new Map<string, { readonly first: number; readonly results: ResultOfChartFragment[] }>();
  const shown: (Entry | null)[] = entries.map((entry, index) => {
    if (entry.content.type !== "results") return entry;
    const [result] = entry.content.results;
    if (result?.panel == null) return entry;
    const key = `${entry.at} ${result.panel}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { first: index, results: [result] });
      return entry;
    }
    group.results.push(result);
    return null;
  });
  for (const { first, results } of groups.values()) {
    const entry = shown[first];
    if (entry) shown[first] = { ...entry, content: { type: "results", results } };
  }
  return shown.filter((entry) => entry !== null);
}
