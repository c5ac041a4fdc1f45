/** Milliseconds since the epoch of a DateTime of the API; null where it is absent or none. */
export function millis(value: string | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : at;
}
