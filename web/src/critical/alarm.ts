/**
 * When a station sounds, without the page, the clock and the loudspeaker: `step` takes what may be heard now and says
 * which burst is due.
 */
import type { Mute } from "./mute";
import { overdue, type Critical } from "./open";

/** How a burst sounds: `urgent` for what is overdue or an emergency. */
export type Tone = "urgent" | "critical" | "review";

const TONES: readonly Tone[] = ["urgent", "critical", "review"];

/**
 * From one burst to the next, as long as nobody acknowledges. What sounds all the time is switched off, so only an
 * emergency comes often. A browser slows the clock of a hidden page that was silent for 30 s: `critical` stays below.
 */
const EVERY_MS: Readonly<Record<Tone, number>> = { urgent: 10_000, critical: 20_000, review: 60_000 };

/** What is new sounds at once, but never over the burst before. */
const APART_MS = 4_000;

/** What is not left to a mute that began before. */
export function loud(critical: Critical): boolean {
  return critical.urgency === "EMERGENCY" || overdue(critical);
}

export function toneOf(critical: Critical): Tone {
  if (loud(critical)) return "urgent";
  return critical.urgency === "CRITICAL" ? "critical" : "review";
}

/** What may be heard: under a mute only what has become an emergency, or overdue, since somebody muted. */
export function audible(open: readonly Critical[], mute: Mute | null): readonly Critical[] {
  return mute === null ? open : open.filter((one) => loud(one) && !mute.known.includes(one.id));
}

export interface Alarm {
  /** The last burst; null while nothing sounds. */
  readonly burstAt: number | null;
  readonly heard: ReadonlySet<string>;
}

export const QUIET: Alarm = { burstAt: null, heard: new Set() };

/** Changes when it gets worse or goes a step further: that is heard like a new one. */
function stateOf({ id, escalationLevel, labResult, rule }: Critical): string {
  return [id, escalationLevel, labResult?.id ?? rule].join(" ");
}

export function step(alarm: Alarm, heard: readonly Critical[], now: number): { readonly alarm: Alarm; readonly burst: Tone | null } {
  const tone = TONES.find((one) => heard.some((critical) => toneOf(critical) === one));
  if (tone === undefined) return { alarm: QUIET, burst: null };
  const states = heard.map(stateOf);
  const news = states.some((state) => !alarm.heard.has(state));
  // A clock that was set back must not keep the station silent.
  const passed = alarm.burstAt === null || alarm.burstAt > now ? Infinity : now - alarm.burstAt;
  if (passed < (news ? APART_MS : EVERY_MS[tone])) return { alarm, burst: null };
  return { alarm: { burstAt: now, heard: new Set(states) }, burst: tone };
}
