/** Times for people. `now` and `at` are milliseconds since the epoch. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "just now", "4 min ago", "3 h ago", "2 d ago". A time ahead of this clock is "just now": two clocks are never compared. */
export function ago(at: number, now: number): string {
  const passed = now - at;
  if (passed < MINUTE) return "just now";
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min ago`;
  if (passed < 2 * DAY) return `${Math.floor(passed / HOUR)} h ago`;
  return `${Math.floor(passed / DAY)} d ago`;
}

/** "45 s", "4 min", "2 h": how long something has lasted. */
export function lasting(since: number, now: number): string {
  const passed = Math.max(0, now - since);
  if (passed < MINUTE) return `${Math.floor(passed / 1000)} s`;
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min`;
  return `${Math.floor(passed / HOUR)} h`;
}

/** Hours and minutes of the station's own zone, by the clock of 24 hours as a ward writes it. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** Milliseconds of a DateTime of the API; null where there is none. */
export function millis(dateTime: string | null | undefined): number | null {
  if (dateTime === null || dateTime === undefined) return null;
  const at = Date.parse(dateTime);
  return Number.isNaN(at) ? null : at;
}
