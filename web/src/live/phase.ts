/**
 * What the live line is doing, as a pure state machine: `step` takes what happened, `phaseOf` says what to show.
 * Times are milliseconds of the caller's clock; nothing here reads one.
 */

/** The server sends at least an empty message every 15 s; docs/live.md holds a feed for dead after this. */
export const STALE_AFTER_MS = 20_000;

export type Phase =
  | { readonly name: "connecting"; readonly since: number }
  | { readonly name: "live" }
  | { readonly name: "reconnecting"; readonly since: number }
  | { readonly name: "stale"; readonly since: number }
  | { readonly name: "not-permitted" }
  | { readonly name: "signed-out" };

interface Feed {
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
  readonly feeds: ReadonlyMap<string, Feed>;
}

export type LineEvent =
  | { readonly type: "watching"; readonly feeds: readonly string[] }
  | { readonly type: "opened" }
  | { readonly type: "closed" }
  | { readonly type: "signed-out" }
  | { readonly type: "heard"; readonly feed: string }
  | { readonly type: "refused"; readonly feed: string };

export function newLine(now: number): Line {
  return { socket: "closed", startedAt: now, openedAt: null, feeds: new Map() };
}

const UNHEARD: Feed = { heardAt: null, wholeUntil: null, refused: false };

function eachFeed(line: Line, change: (feed: Feed) => Feed): Map<string, Feed> {
  return new Map([...line.feeds].map(([name, feed]) => [name, change(feed)]));
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
    case "watching":
      return { ...line, startedAt: now, feeds: new Map(event.feeds.map((name) => [name, UNHEARD])) };
    case "opened":
      return {
        ...line,
        socket: "open",
        openedAt: now,
        feeds: eachFeed(line, (feed) => ({ ...feed, heardAt: null })),
      };
    case "closed":
      return {
        ...line,
        socket: "closed",
        openedAt: null,
        feeds: eachFeed(line, (feed) => ({ ...feed, heardAt: null })),
      };
    case "signed-out":
      return { ...line, socket: "signed-out", openedAt: null };
    case "heard":
      return oneFeed(line, event.feed, { heardAt: now, wholeUntil: now });
    case "refused":
      return oneFeed(line, event.feed, { refused: true });
  }
}

export function phaseOf(line: Line, now: number): Phase {
  if (line.socket === "signed-out") return { name: "signed-out" };
  const permitted = [...line.feeds.values()].filter((feed) => !feed.refused);
  if (line.feeds.size > 0 && permitted.length === 0) return { name: "not-permitted" };

  const heard = permitted.map((feed) => feed.heardAt).filter((at) => at !== null);
  if (line.socket === "closed" || heard.length === 0 || heard.length < permitted.length) {
    const whole = permitted.map((feed) => feed.wholeUntil).filter((at) => at !== null);
    return whole.length === permitted.length && whole.length > 0
      ? { name: "reconnecting", since: Math.min(...whole) }
      : { name: "connecting", since: line.startedAt };
  }
  const oldest = Math.min(...heard);
  return now - oldest > STALE_AFTER_MS ? { name: "stale", since: oldest } : { name: "live" };
}

/** True where the socket says that it is open and yet a feed is silent: it hangs, and a new one must be made. */
export function hangs(line: Line, now: number): boolean {
  if (line.socket !== "open" || line.openedAt === null) return false;
  const openedAt = line.openedAt;
  return [...line.feeds.values()].some(
    (feed) => !feed.refused && now - (feed.heardAt ?? openedAt) > STALE_AFTER_MS,
  );
}
