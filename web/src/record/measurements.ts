/** What is typed into a set of vital signs: numbers as people write them, and what of them can be. */
import type { RecordVitalsInput, VitalParameter } from "../generated/graphql";
import type { Measured } from "./news2";

export interface Limit {
  readonly parameter: VitalParameter;
  readonly unit: string;
  readonly whole: boolean;
  /** What is plausible, both ends included. */
  readonly low: number;
  readonly high: number;
  /** What may be confirmed. */
  readonly lowest: number;
  readonly highest: number;
}

function limit(parameter: VitalParameter, unit: string, plausible: readonly [number, number], possible: readonly [number, number], whole = true): Limit {
  return { parameter, unit, whole, low: plausible[0], high: plausible[1], lowest: possible[0], highest: possible[1] };
}

/** As models/rules/vital_limits of the server has them; news2.cases.json holds the two together. */
export const LIMITS = {
  respiratoryRate: limit("RESPIRATORY_RATE", "/min", [0, 100], [0, 999]),
  oxygenSaturation: limit("OXYGEN_SATURATION", "%", [0, 100], [0, 100]),
  systolic: limit("SYSTOLIC", "mmHg", [0, 300], [0, 999]),
  diastolic: limit("DIASTOLIC", "mmHg", [0, 200], [0, 999]),
  heartRate: limit("HEART_RATE", "/min", [0, 300], [0, 999]),
  temperature: limit("TEMPERATURE", "°C", [25, 45], [0, 50], false),
  painScore: limit("PAIN_SCORE", "/10", [0, 10], [0, 10]),
  weightKg: limit("WEIGHT_KG", "kg", [0.2, 500], [0.1, 999], false),
  heightCm: limit("HEIGHT_CM", "cm", [15, 272], [1, 300], false),
} as const;

export type Field = keyof typeof LIMITS;
export const FIELDS = Object.keys(LIMITS) as readonly Field[];

/** "37,2" and "٣٧٫٢" are 37.2; as the API takes it, or null where it is no number. */
export function plainNumber(typed: string): string | null {
  // The digits of Arabic and Persian keyboards end in the same four bits as their value.
  const plain = typed
    .trim()
    .replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 15))
    .replace(/[,٫]/, ".");
  return /^\d+(\.\d+)?$/.test(plain) ? plain : null;
}

export type Verdict = "empty" | "right" | "notANumber" | "notWhole" | "implausible" | "impossible" | "overSystolic";

function verdictOf(field: Field, typed: string): Verdict {
  if (typed.trim() === "") return "empty";
  const number = plainNumber(typed);
  if (number === null) return "notANumber";
  const { whole, low, high, lowest, highest } = LIMITS[field];
  const value = Number(number);
  if (whole && !Number.isInteger(value)) return "notWhole";
  if (value < lowest || value > highest) return "impossible";
  return value < low || value > high ? "implausible" : "right";
}

export interface Typed {
  readonly fields: Readonly<Record<Field, string>>;
  readonly onOxygen: boolean | null;
  readonly consciousness: Measured["consciousness"];
  /** The fields whose value somebody measured again and stands by. */
  readonly confirmed: readonly Field[];
}

export const NOTHING_TYPED: Typed = {
  fields: Object.fromEntries(FIELDS.map((field) => [field, ""])) as Record<Field, string>,
  onOxygen: null,
  consciousness: null,
  confirmed: [],
};

/** The number of a field, null where there is none, or none that can be. */
function valueOf({ fields }: Typed, field: Field): number | null {
  const verdict = verdictOf(field, fields[field]);
  return verdict === "right" || verdict === "implausible" ? Number(plainNumber(fields[field])) : null;
}

export function verdicts(typed: Typed): Readonly<Record<Field, Verdict>> {
  const each = Object.fromEntries(FIELDS.map((field) => [field, verdictOf(field, typed.fields[field])])) as Record<Field, Verdict>;
  const [systolic, diastolic] = [valueOf(typed, "systolic"), valueOf(typed, "diastolic")];
  // One of the two is wrong, and nobody can say which: it is told where the second was typed.
  if (systolic !== null && diastolic !== null && diastolic > systolic) each.diastolic = "overSystolic";
  return each;
}

/** The first field that keeps the set from being recorded; null: it can be. */
export function standsInTheWay(typed: Typed): Field | null {
  const found = verdicts(typed);
  return (
    FIELDS.find((field) => {
      const verdict = found[field];
      return !(verdict === "empty" || verdict === "right" || (verdict === "implausible" && typed.confirmed.includes(field)));
    }) ?? null
  );
}

export function isEmpty(typed: Typed): boolean {
  return typed.consciousness === null && FIELDS.every((field) => typed.fields[field].trim() === "");
}

/** A value that is not confirmed yet is scored as well: it is what will count when it is. */
export function measuredOf(typed: Typed): Measured {
  return {
    respiratoryRate: valueOf(typed, "respiratoryRate"),
    oxygenSaturation: valueOf(typed, "oxygenSaturation"),
    onOxygen: typed.onOxygen,
    systolic: valueOf(typed, "systolic"),
    heartRate: valueOf(typed, "heartRate"),
    consciousness: typed.consciousness,
    temperature: valueOf(typed, "temperature"),
  };
}

type Values = Omit<RecordVitalsInput, "patientId" | "recordedAt" | "idempotencyKey">;

/** Of a set in which nothing stands in the way, what is sent. Decimals stay as they were typed. */
export function valuesOf(typed: Typed): Values {
  const whole = (field: Field) => valueOf(typed, field);
  const decimal = (field: Field) => plainNumber(typed.fields[field]);
  const found = verdicts(typed);
  const confirmed = typed.confirmed.filter((field) => found[field] === "implausible").map((field) => LIMITS[field].parameter);
  return {
    respiratoryRate: whole("respiratoryRate"),
    oxygenSaturation: whole("oxygenSaturation"),
    onOxygen: typed.onOxygen,
    systolic: whole("systolic"),
    diastolic: whole("diastolic"),
    heartRate: whole("heartRate"),
    consciousness: typed.consciousness,
    temperature: decimal("temperature"),
    weightKg: decimal("weightKg"),
    heightCm: decimal("heightCm"),
    painScore: whole("painScore"),
    confirmed: confirmed.length > 0 ? confirmed : null,
  };
}
