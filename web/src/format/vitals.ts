import type { VitalsOnCardFragment } from "../generated/graphql";
import { words } from "./words";

export interface Reading {
  readonly label: string;
  /** Null where it was not recorded. */
  readonly value: string | null;
  readonly unit: string;
}

function withNumber(value: number | string | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** Half a blood pressure is still shown: "118/–". */
function pressure(systolic: number | null | undefined, diastolic: number | null | undefined): string | null {
  if (withNumber(systolic) === null && withNumber(diastolic) === null) return null;
  return `${systolic ?? "–"}/${diastolic ?? "–"}`;
}

const CONSCIOUSNESS: Readonly<Record<string, string>> = {
  ALERT: "Alert",
  CONFUSION: "New confusion",
  VOICE: "To voice",
  PAIN: "To pain",
  UNRESPONSIVE: "Unresponsive",
};

/** The readings of a card, in the order of the NEWS2 chart. */
export function readings(vitals: VitalsOnCardFragment): readonly Reading[] {
  const saturation = withNumber(vitals.oxygenSaturation);
  const oxygen = vitals.onOxygen === true ? " on O₂" : vitals.onOxygen === false ? " air" : "";
  return [
    { label: "Resp", value: withNumber(vitals.respiratoryRate), unit: "/min" },
    { label: "SpO₂", value: saturation, unit: `%${oxygen}` },
    { label: "BP", value: pressure(vitals.systolic, vitals.diastolic), unit: "mmHg" },
    { label: "Pulse", value: withNumber(vitals.heartRate), unit: "/min" },
    {
      label: "AVPU",
      value: vitals.consciousness ? (CONSCIOUSNESS[vitals.consciousness] ?? words(vitals.consciousness)) : null,
      unit: "",
    },
    { label: "Temp", value: withNumber(vitals.temperature), unit: "°C" },
  ];
}

export type News2Tone = "none" | "low" | "single" | "medium" | "high" | "incomplete";

export interface News2Shown {
  readonly tone: News2Tone;
  readonly number: string;
  readonly text: string;
}

/**
 * The score as colour, number and words, the words so that colour is never the only sign. The bands are the server's
 * (`risk`); the page computes no score of its own.
 */
export function news2(score: VitalsOnCardFragment["news2"]): News2Shown {
  if (!score) return { tone: "none", number: "–", text: "does not apply" };
  if (score.total === null) {
    const missing = score.missing.map(words).join(", ");
    return { tone: "incomplete", number: "?", text: missing ? `missing: ${missing}` : "incomplete" };
  }
  const number = String(score.total);
  switch (score.risk) {
    case "HIGH":
      return { tone: "high", number, text: "high" };
    case "MEDIUM":
      return { tone: "medium", number, text: "medium" };
    case "LOW_MEDIUM":
      return { tone: "single", number, text: "a single 3" };
    default:
      return { tone: "low", number, text: "low" };
  }
}
