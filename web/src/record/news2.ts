/**
 * NEWS2 (RCP 2017) of a set that is being typed. A preview: the server's score is the one that counts, and
 * news2.cases.json, which the server's rules write, holds the two together.
 */
import { age } from "../format/patient";

export type Scale = "SCALE_1" | "SCALE_2";
export type Consciousness = "ALERT" | "CONFUSION" | "VOICE" | "PAIN" | "UNRESPONSIVE";
export type Risk = "LOW" | "LOW_MEDIUM" | "MEDIUM" | "HIGH";

/** The order is that of the chart. */
export const SCORED = [
  "respiratoryRate", "oxygenSaturation", "onOxygen", "systolic", "heartRate", "consciousness", "temperature",
] as const;
export type Scored = (typeof SCORED)[number];

export interface Measured {
  readonly respiratoryRate: number | null;
  readonly oxygenSaturation: number | null;
  readonly onOxygen: boolean | null;
  readonly systolic: number | null;
  readonly heartRate: number | null;
  readonly consciousness: Consciousness | null;
  readonly temperature: number | null;
}

export interface News2 {
  /** Null where something is missing. */
  readonly total: number | null;
  readonly highestSingle: number | null;
  readonly risk: Risk | null;
  readonly missing: readonly Scored[];
  readonly parts: Readonly<Partial<Record<Scored, number>>>;
}

/** The highest value of each band and its points, in ascending order. */
type Bands = readonly (readonly [highest: number, points: number])[];

const RESPIRATION: Bands = [[8, 3], [11, 1], [20, 0], [24, 2]];
const SPO2_SCALE_1: Bands = [[91, 3], [93, 2], [95, 1]];
const SPO2_SCALE_2: Bands = [[83, 3], [85, 2], [87, 1], [92, 0]];
const SPO2_SCALE_2_ON_OXYGEN: Bands = [[94, 1], [96, 2]];
const SYSTOLIC: Bands = [[90, 3], [100, 2], [110, 1], [219, 0]];
const PULSE: Bands = [[40, 3], [50, 1], [90, 0], [110, 1], [130, 2]];
const TEMPERATURE: Bands = [[35, 3], [36, 1], [38, 0], [39, 1]];

function points(value: number | null, bands: Bands, above: number): number | null {
  return value === null ? null : (bands.find(([highest]) => value <= highest)?.[1] ?? above);
}

/** The chart has one decimal: 38.04 is 38.0, 38.05 is 38.1. */
function asCharted(temperature: number | null): number | null {
  return temperature === null ? null : Math.floor(temperature * 10 + 0.5 + 1e-9) / 10;
}

function saturation({ oxygenSaturation: spo2, onOxygen }: Measured, scale: Scale): number | null {
  if (scale === "SCALE_1" || spo2 === null) return points(spo2, SPO2_SCALE_1, 0);
  if (spo2 <= 92) return points(spo2, SPO2_SCALE_2, 0);
  if (onOxygen === null) return null;
  return onOxygen ? points(spo2, SPO2_SCALE_2_ON_OXYGEN, 3) : 0;
}

function partsOf(measured: Measured, scale: Scale): Readonly<Record<Scored, number | null>> {
  const { onOxygen, consciousness } = measured;
  return {
    respiratoryRate: points(measured.respiratoryRate, RESPIRATION, 3),
    oxygenSaturation: saturation(measured, scale),
    onOxygen: onOxygen === null ? null : onOxygen ? 2 : 0,
    systolic: points(measured.systolic, SYSTOLIC, 3),
    heartRate: points(measured.heartRate, PULSE, 3),
    consciousness: consciousness === null ? null : consciousness === "ALERT" ? 0 : 3,
    temperature: points(asCharted(measured.temperature), TEMPERATURE, 2),
  };
}

function riskOf(total: number, highestSingle: number): Risk {
  if (total >= 7) return "HIGH";
  if (total >= 5) return "MEDIUM";
  return highestSingle === 3 ? "LOW_MEDIUM" : "LOW";
}

export function news2Of(measured: Measured, scale: Scale): News2 {
  const given = partsOf(measured, scale);
  const parts = Object.fromEntries(SCORED.flatMap((name) => (given[name] === null ? [] : [[name, given[name]]]))) as News2["parts"];
  const known = Object.values(parts);
  // On scale 2 a saturation without the word on oxygen has no points, but it is not what is missing.
  const missing = SCORED.filter((name) => given[name] === null && measured[name] === null);
  const highestSingle = known.length === 0 ? null : Math.max(...known);
  if (missing.length > 0 || highestSingle === null) return { total: null, highestSingle, risk: null, missing, parts };
  const total = known.reduce((sum, one) => sum + one, 0);
  return { total, highestSingle, risk: riskOf(total, highestSingle), missing, parts };
}

const MINIMUM_AGE = 16;
/** 42 weeks: a pregnancy that is recorded as lasting longer is one whose end nobody wrote down. */
const LONGEST_PREGNANCY_DAYS = 294;

interface Pregnancy {
  readonly onset: string;
  readonly abatement: string | null;
  readonly enteredInErrorAt: string | null;
}

interface Subject {
  readonly birthDate: string | null;
  readonly pregnancies: readonly Pregnancy[] | null;
}

/** Whether it counts on that day: from its onset on, and not on the day of its end. */
function counts({ onset, abatement, enteredInErrorAt }: Pregnancy, day: string): boolean {
  const longest = new Date(Date.parse(`${onset}T00:00:00Z`) + LONGEST_PREGNANCY_DAYS * 86_400_000).toISOString().slice(0, 10);
  const end = abatement !== null && abatement < longest ? abatement : longest;
  return enteredInErrorAt === null && onset <= day && day < end;
}

/** Why the score must not be used on that day; null: it may. An unknown age is an adult's. */
export function notApplicable({ birthDate, pregnancies }: Subject, at: Date): "AGE" | "PREGNANCY" | null {
  const old = age(birthDate, at);
  if (old !== null && (old.unit !== "years" || old.n < MINIMUM_AGE)) return "AGE";
  const day = at.toISOString().slice(0, 10);
  return (pregnancies ?? []).some((one) => counts(one, day)) ? "PREGNANCY" : null;
}
