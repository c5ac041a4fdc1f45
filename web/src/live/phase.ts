/**
 * What the live line is doing, as a pure state machine: `step` takes what happened, `phaseOf` says what to show.
 * Times are milliseconds of the caller's clock; nothing here reads one.
 */

/** The server sends at least an empty message every 15 s; docs/live.md holds a socket for dead after this. */
export const HANGS_AFTER_MS = 20_000;

/** What has heard nothing for so long is no longer "reconnecting": it is stale, and must not look calm. */
export const STALE_AFTER_MS = 30_000;

/** A page that has just been opened asks for feeds of its own; the line was live before and is so meanwhile. */
export const GRACE_MS = 5_000;

export type Phase =
  | { readonly name: "connecting"; readonly since: number }
  | { readonly name: "live" }
  | { readonly name: "reconnecting"; readonly since: number }
  | { readonly name: "stale"; readonly since: number }
  | { readonly name: "not-permitted" }
  | { readonly name: "signed-out" };

interface Feed {
  readonly watchedAt: number;
  /** Last message on the present socket; null until the first. */
  readonly heardAt: number | null;
  /** Last message on any socket: up to here the page is known to be whole. */
  readonly wholeUntil: number | null;
  readonly refused: boolean;
}

export interface Line {
  readonly socket: "closed" | "open" | "signed-out";
  readonly startedAt: number;
  readonly openedAt: number | null;
  /** When the last socket was lost; null before the first loss and while one is open. */
  readonly lostAt: number | null;
  readonly feeds: ReadonlyMap<string, Feed>;
}

export type LineEvent =
  | { readonly type: "watched"; readonly feed: string }
  | { readonly type: "unwatched"; readonly feed: string }
  | { readonly type: "opened" }
  | { readonly type: "closed" }
  | { readonly type: "signed-out" }
  | { readonly type: "heard"; readonly feed: string }
  | { readonly type: "refused"; readonly feed: string };

export function newLine(now: number): Line {
  return { socket: "closed", startedAt: now, openedAt: null, lostAt: null, feeds: new Map() };
}

function onNoSocket(line: Line): ReadonlyMap<string, Feed> {
  return new Map([...line.feeds].map(([name, feed]) => [name, { ...feed, heardAt: null }]));
}

function oneFeed(line: Line, name: string, change: Partial<Feed>): Line {
  const feed = line.feeds.get(name);
  // A message of a feed that is no longer watched may still be on its way.
  if (feed === undefined) return line;
  return { ...line, feeds: new Map(line.feeds).set(name, { ...feed, ...change }) };
}

export function step(line: Line, event: LineEvent, now: number): Line {
  if (line.socket === "signed-out") return line;
  switch (event.type) {
    case "watched": {
      const unheard: Feed = { watchedAt: now, heardAt: null, wholeUntil: null, refused: false };
      return { ...line, feeds: new Map(line.feeds).set(event.feed, unheard) };
    }
    case "unwatched":
      return { ...line, feeds: new Map([...line.feeds].filter(([name]) => name !== event.feed)) };
    case "opened":
      return { ...line, socket: "open", openedAt: now, lostAt: null, feeds: onNoSocket(line) };
    case "closed": {
      const lostAt = line.socket === "open" ? now : line.lostAt;
      return { ...line, socket: "closed", openedAt: null, lostAt, feeds: onNoSocket(line) };
    }
    case "signed-out":
      return { ...line, socket: "signed-out", openedAt: null };
    case "heard":
      return oneFeed(line, event.feed, { heardAt: now, wholeUntil: now, refused: false });
    case "refused":
      return oneFeed(line, event.feed, { refused: true });
  }
}

function behind(since: number, now: number): Phase {
  return now - since > STALE_AFTER_MS ? { name: "stale", since } : { name: "reconnecting", since };
}

function isNew(line: Line, feed: Feed, now: number): boolean {
  if (line.openedAt === null || feed.wholeUntil !== null) return false;
  return feed.watchedAt > line.openedAt && now - feed.watchedAt < GRACE_MS;
}

export function phaseOf(line: Line, now: number): Phase {
  if (line.socket === "signed-out") return { name: "signed-out" };
  const permitted = [...line.feeds.values()].filter((feed) => !feed.refused);
  if (line.feeds.size > 0 && permitted.length === 0) return { name: "not-permitted" };

  const due = permitted.filter((feed) => !isNew(line, feed, now));
  const unheard = due.filter((feed) => feed.heardAt === null);
  if (line.socket === "open" && unheard.length === 0) {
    const oldest = Math.min(...due.map((feed) => feed.heardAt ?? now), now);
    return now - oldest > STALE_AFTER_MS ? { name: "stale", since: oldest } : { name: "live" };
  }
  // A feed whose first message never came cannot say since when it is behind, but the line can say when it was lost.
  const since = [...unheard.map((feed) => feed.wholeUntil), line.lostAt].filter((at) => at !== null);
  if (since.length > 0) return behind(Math.min(...since), now);
  return { name: "connecting", since: Math.min(...unheard.map((feed) => feed.watchedAt), now) };
}

/** True where the socket says that it is open and yet a feed is silent: it hangs, and a new one must be made. */
export function hangs(line: Line, now: number): boolean {
  if (line.socket !== "open" || line.openedAt === null) return false;
  const openedAt = line.openedAt;
  return [...line.feeds.values()].some(
    (feed) => !feed.refused && now - (feed.heardAt ?? Math.max(openedAt, feed.watchedAt)) > HANGS_AFTER_MS,
  );
}
