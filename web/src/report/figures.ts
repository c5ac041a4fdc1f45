import type { Format } from "../i18n/format";

/** Minutes of the API ("3.500") as one reads them: with one decimal; null where nobody waited. */
export function minutes(value: string | null | undefined, format: Format): string | null {
  return value === null || value === undefined ? null : format.decimal(Number(value).toFixed(1));
}

/** A share of the API ("0.8333") in percent; null of nothing. */
export function share(value: string | null | undefined, format: Format): string | null {
  return value === null || value === undefined ? null : format.share(Number(value));
}

/** The label of a rule as one reads it: its comparators are ASCII. */
export function signs(label: string): string {
  return label.replaceAll("<=", "≤").replaceAll(">=", "≥");
}
