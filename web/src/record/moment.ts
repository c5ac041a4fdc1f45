/** What a field of day and time holds ("2026-11-21T14:05", by the clock of this station) as the API takes it; null where it is empty. */
export function momentOf(typed: string): string | null {
  const at = new Date(typed);
  return typed === "" || Number.isNaN(at.getTime()) ? null : at.toISOString();
}
