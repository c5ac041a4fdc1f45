import type { VitalsOnCardFragment } from "../generated/graphql";

export type ReadingName = "respiration" | "saturation" | "pressure" | "pulse" | "consciousness" | "temperature";

export interface Reading {
  readonly name: ReadingName;
  /** As it was recorded; null where it was not. Of `consciousness` the code. */
  readonly value: string | null;
  readonly unit: string;
}

function withNumber(value: number | string | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** Half a blood pressure is still shown: "118/–". */
export function pressure(systolic: number | null | undefined, diastolic: number | null | undefined): string | null {
  if (withNumber(systolic) === null && withNumber(diastolic) === null) return null;
  return `${systolic ?? "–"}/${diastolic ?? "–"}`;
}

type Measured = Pick<
  VitalsOnCardFragment,
  "respiratoryRate" | "oxygenSaturation" | "systolic" | "diastolic" | "heartRate" | "consciousness" | "temperature"
>;

/** The readings of a card, in the order of the NEWS2 chart. */
export function readings(vitals: Measured): readonly Reading[] {
  return [
    { name: "respiration", value: withNumber(vitals.respiratoryRate), unit: "/min" },
    { name: "saturation", value: withNumber(vitals.oxygenSaturation), unit: "%" },
    { name: "pressure", value: pressure(vitals.systolic, vitals.diastolic), unit: "mmHg" },
    { name: "pulse", value: withNumber(vitals.heartRate), unit: "/min" },
    { name: "consciousness", value: vitals.consciousness ?? null, unit: "" },
    { name: "temperature", value: withNumber(vitals.temperature), unit: "°C" },
  ];
}

type Parts = NonNullable<VitalsOnCardFragment["news2"]>["parts"];

/** The parameter of the score that a reading stands for: of a blood pressure the systolic. */
export const SCORED: Readonly<Record<ReadingName, keyof Parts>> = {
  respiration: "respiratoryRate",
  saturation: "oxygenSaturation",
  pressure: "systolic",
  pulse: "heartRate",
  consciousness: "consciousness",
  temperature: "temperature",
};

export type News2Tone = "none" | "low" | "single" | "medium" | "high" | "incomplete";

export interface News2Shown {
  readonly tone: News2Tone;
  readonly number: string;
  /** The parameters that are missing, where there is no total for want of them. */
  readonly missing: readonly string[];
}

/** Of the server, or of a set that is being typed. */
export type Score =
  | (Pick<NonNullable<VitalsOnCardFragment["news2"]>, "total" | "highestSingle" | "risk" | "missing"> & {
      readonly parts?: Readonly<Partial<Record<keyof Parts, number | null>>>;
    })
  | null;

/** The points of what was recorded: whatever is missing, the total is not less. Sets from before points were kept have none. */
function leastOf({ total, highestSingle, parts }: NonNullable<Score>): number {
  const known = Object.values(parts ?? {}).reduce<number>((sum, one) => sum + (typeof one === "number" ? one : 0), 0);
  return total ?? Math.max(known, highestSingle ?? 0);
}

/** An incomplete set calls for what its points alone call for, as the server's alert of it does (RCP 2017). */
function incomplete(score: NonNullable<Score>): News2Shown {
  const least = leastOf(score);
  const tone = least >= 7 ? "high" : least >= 5 ? "medium" : score.highestSingle === 3 ? "single" : "incomplete";
  return { tone, number: tone === "incomplete" ? "?" : `${least}+`, missing: score.missing };
}

/** The score as a tone and a number. The bands are the server's (`risk`); the page computes no score of its own. */
export function news2(score: Score): News2Shown {
  if (!score) return { tone: "none", number: "–", missing: [] };
  if (score.total === null) return incomplete(score);
  const number = String(score.total);
  switch (score.risk) {
    case "HIGH":
      return { tone: "high", number, missing: [] };
    case "MEDIUM":
      return { tone: "medium", number, missing: [] };
    case "LOW_MEDIUM":
      return { tone: "single", number, missing: [] };
    default:
      return { tone: "low", number, missing: [] };
  }
}

const TONES: readonly News2Tone[] = ["high", "medium", "single", "incomplete", "low", "none"];

/** For a board that is sorted by risk: the worst first, and among equals the higher number. */
export function byRisk(a: Score, b: Score): number {
  const [one, other] = [news2(a), news2(b)];
  return TONES.indexOf(one.tone) - TONES.indexOf(other.tone) || (b ? leastOf(b) : 0) - (a ? leastOf(a) : 0);
}
