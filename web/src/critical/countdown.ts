/** "4:05", "1:02:03": what is left, to the second; never below "0:00". */
export function countdown(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1_000));
  const parts = s < 3_600 ? [Math.floor(s / 60), s % 60] : [Math.floor(s / 3_600), Math.floor(s / 60) % 60, s % 60];
  return parts.map((part, at) => (at === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}
