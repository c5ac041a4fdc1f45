/** The codes of an order, as the API has them (models/rules: routes, medications, dose_units). */
export const ROUTES = [
  "PO", "IV", "IM", "SC", "SL", "B", "PR", "IH", "NEB", "NS", "NG", "GTT", "TD", "TP", "OP", "OT", "VG", "ID", "IT", "EP", "IA", "IP",
] as const;

/** When the doses of a day are due where the order names no times. */
export const USUAL_TIMES = {
  QD: ["08:00"],
  BID: ["08:00", "20:00"],
  TID: ["08:00", "14:00", "20:00"],
  QID: ["08:00", "12:00", "16:00", "20:00"],
  QOD: ["08:00"],
  Q4H: ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"],
  Q6H: ["00:00", "06:00", "12:00", "18:00"],
  Q8H: ["06:00", "14:00", "22:00"],
} as const;

export type Frequency = keyof typeof USUAL_TIMES;
export const FREQUENCIES = Object.keys(USUAL_TIMES) as readonly Frequency[];

export function isFrequency(word: string): word is Frequency {
  return word in USUAL_TIMES;
}

/** What is offered first; the API takes every unit of UCUM. */
export const UNITS = [
  "mg", "g", "ug", "mL", "[iU]", "mmol", "meq", "%", "{tablet}", "{capsule}", "{puff}", "{drop}", "{patch}", "{suppository}",
  "mg/h", "ug/h", "mL/h", "[iU]/h", "mg/kg", "ug/kg/min", "L/min",
] as const;

/** "8:00, 20:00" as HH:MM; what is no time is left for the API to refuse at its field. */
export function timesOf(typed: string): readonly string[] {
  return typed.split(/[\s,;]+/).filter((one) => one !== "").map((one) => one.padStart(5, "0"));
}
