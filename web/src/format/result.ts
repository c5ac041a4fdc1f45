interface Measured {
  readonly value?: string | null | undefined;
  readonly comparator?: string | null | undefined;
  readonly text?: string | null | undefined;
  readonly unit?: string | null | undefined;
}

/** A UCUM unit as it is read on a ward: a remark alone ({INR}) is no unit, and pH has none. */
export function unitName(unit: string): string {
  if (/^(\{[^}]*\}|\[pH\])$/.test(unit)) return "";
  return unit
    .replace(/\{([^}]*)\}/g, (_, remark: string) => remark.replaceAll("_", " "))
    .replace("[Hg]", "Hg")
    .replace(/10\*([3-9])/, (_, power: string) => `×10${"³⁴⁵⁶⁷⁸⁹"[Number(power) - 3] ?? ""}`)
    .replace(/\bu(?=[A-Za-z])/g, "µ");
}

/** "6.9 mmol/L", "< 0.5 ×10³/µL", or the laboratory's words where there is no number; null where it sent neither. */
export function resultValue(result: Measured, decimal: (value: string) => string): string | null {
  if (result.value === null || result.value === undefined) return result.text ?? null;
  return [result.comparator, decimal(result.value), result.unit && unitName(result.unit)].filter(Boolean).join(" ");
}

interface Finding {
  readonly kind: string;
  readonly rule: string;
  readonly labResult?: (Measured & { readonly display: string }) | null | undefined;
}

/** What cannot wait, in words: the result, or of vital signs their score. Null where it may not be seen. */
export function finding(critical: Finding, decimal: (value: string) => string): string | null {
  if (critical.kind === "DETERIORATION") return critical.rule;
  const lab = critical.labResult;
  return lab ? [lab.display, resultValue(lab, decimal)].filter(Boolean).join(" ") : null;
}

/** The sign beside the word of an interpretation: colour is never the only one. */
export function interpretationSign(interpretation: string): string {
  if (interpretation.endsWith("LOW")) return interpretation.startsWith("CRITICAL") ? "↓↓" : "↓";
  if (interpretation.endsWith("HIGH")) return interpretation.startsWith("CRITICAL") ? "↑↑" : "↑";
  if (interpretation.endsWith("ABNORMAL")) return interpretation.startsWith("CRITICAL") ? "!!" : "!";
  return interpretation === "NOT_JUDGED" ? "?" : "";
}

/** "3.5–5.1"; null where the laboratory gave no range. */
export function referenceRange(
  low: string | null | undefined,
  high: string | null | undefined,
  decimal: (value: string) => string,
): string | null {
  if (low && high) return `${decimal(low)}–${decimal(high)}`;
  if (low) return `≥ ${decimal(low)}`;
  if (high) return `≤ ${decimal(high)}`;
  return null;
}

/**
 * What was typed as a number, as the API takes it, or null where it is not one. A comma is taken for the decimal point
 * that some keyboards do not have: a wrong guess is caught, since the server compares the value, or knows its limits.
 */
export function typedNumber(typed: string): string | null {
  const number = typed.trim().replace(/[,٫]/, ".");
  return /^-?\d{1,12}(\.\d{1,8})?$/.test(number) ? number : null;
}
