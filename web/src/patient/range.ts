/** The stretch of time that the trends show, and what the buttons do to it. Times are milliseconds. */
import type { TimeRange } from "../ui/chartScale";

const HOUR = 3_600_000;

/** Null: from the first value on. */
export const PRESETS = { h24: 24 * HOUR, h72: 72 * HOUR, d7: 168 * HOUR, all: null } as const;
export type Preset = keyof typeof PRESETS;

/** Presets go on to now; a stretch that was drawn stays where it is. */
export type Selection = { readonly preset: Preset } | TimeRange;

/** The least stretch that holds the stay so far, and not more than `most`: the trend of one night is no dot at the edge of a week. */
export function usualRange(admittedAt: number | null, now: number, most: "h72" | "d7"): Selection {
  const stayed = admittedAt === null ? Infinity : now - admittedAt;
  return { preset: (["h24", "h72"] as const).find((preset) => stayed <= PRESETS[preset]) ?? most };
}

/** Closer than this nothing more comes to light. */
const LEAST = HOUR / 4;
/** Presets move on in steps, so that a page that stays open does not ask anew with every tick. */
const STEP = HOUR / 6;

export interface Asked {
  readonly from: string | null;
  readonly to: string | null;
}

function startOf(preset: Preset, now: number): number | null {
  const length = PRESETS[preset];
  return length === null ? null : Math.floor(now / STEP) * STEP - length;
}

/** What the API is asked for. */
export function asked(selection: Selection, now: number): Asked {
  if ("preset" in selection) {
    const from = startOf(selection.preset, now);
    return { from: from === null ? null : new Date(from).toISOString(), to: null };
  }
  return { from: new Date(selection.from).toISOString(), to: new Date(selection.to).toISOString() };
}

/** What the axis of time shows; `first` is the time of the first value. */
export function shown(selection: Selection, now: number, first: number | null): TimeRange {
  if (!("preset" in selection)) return selection;
  const to = Math.ceil(now / STEP) * STEP;
  const from = startOf(selection.preset, now) ?? Math.min(first ?? to - PRESETS.h24, to - HOUR);
  return { from, to };
}

/** Half the stretch, or twice, about its middle; never beyond `now`. */
export function scaled(range: TimeRange, factor: number, now: number): TimeRange {
  const length = Math.max(LEAST, (range.to - range.from) * factor);
  const middle = (range.from + range.to) / 2;
  const to = Math.min(middle + length / 2, Math.max(now, range.to));
  return { from: to - length, to };
}

/** Half its length earlier (-1) or later (1), not later than `now`. */
export function shifted(range: TimeRange, direction: -1 | 1, now: number): TimeRange {
  const length = range.to - range.from;
  const to = Math.min(range.to + (direction * length) / 2, Math.max(now, range.to));
  return { from: to - length, to };
}

/** What was drawn with the pointer, not closer than LEAST. */
export function drawn(range: TimeRange): TimeRange {
  const missing = Math.max(0, LEAST - (range.to - range.from)) / 2;
  return { from: range.from - missing, to: range.to + missing };
}
