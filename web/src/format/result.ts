interface Measured {
  readonly value?: string | null | undefined;
  readonly comparator?: string | null | undefined;
  readonly text?: string | null | undefined;
  readonly unit?: string | null | undefined;
}

/** "6.9 mmol/L", "< 0.5 10*3/uL", or the laboratory's words where there is no number. */
export function resultValue(result: Measured): string {
  if (result.value === null || result.value === undefined) return result.text ?? "no value";
  return [result.comparator, result.value, result.unit].filter(Boolean).join(" ");
}

interface Finding {
  readonly kind: string;
  readonly rule: string;
  readonly labResult?: (Measured & { readonly display: string }) | null | undefined;
}

/** What cannot wait, in words: the result, or of vital signs their score. Null where it may not be seen. */
export function finding(critical: Finding): string | null {
  if (critical.kind === "DETERIORATION") return critical.rule;
  const lab = critical.labResult;
  return lab ? `${lab.display} ${resultValue(lab)}` : null;
}

const INTERPRETATION: Readonly<Record<string, string>> = {
  CRITICAL_LOW: "↓ critically low",
  CRITICAL_HIGH: "↑ critically high",
  CRITICAL_ABNORMAL: "critically abnormal",
  NOT_JUDGED: "not judged",
};

export function interpretationText(interpretation: string): string {
  return INTERPRETATION[interpretation] ?? interpretation.toLowerCase();
}

/** "3.5–5.1 mmol/L"; null where the laboratory gave no range. */
export function referenceRange(low: string | null | undefined, high: string | null | undefined): string | null {
  if (low && high) return `${low}–${high}`;
  if (low) return `≥ ${low}`;
  if (high) return `≤ ${high}`;
  return null;
}

/**
 * What was typed as a read-back, as the API takes it, or null where it is not a number. A comma is taken for the decimal
 * point that some keyboards do not have: a wrong guess is caught, since the server compares the value.
 */
export function readBackNumber(typed: string): string | null {
  const number = typed.trim().replace(",", ".");
  return /^-?\d{1,12}(\.\d{1,8})?$/.test(number) ? number : null;
}
