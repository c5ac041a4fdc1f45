/** "HOUSEKEEPING" → "Housekeeping", "respiratoryRate" and "respiratory_rate" → "respiratory rate". */
export function words(name: string): string {
  const spaced = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/_/g, " ")
    .toLowerCase();
  return /^[A-Z]/.test(name) ? spaced.charAt(0).toUpperCase() + spaced.slice(1) : spaced;
}
