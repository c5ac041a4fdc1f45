import type { CriticalRuleInput, RuleInTableFragment, Sex } from "../generated/graphql";
import { typedNumber } from "../format/result";
import { ageOf, hoursOf, type AgeUnit } from "./age";

/** A rule as its form holds it: text as typed, "" for what is open. */
export interface Draft {
  readonly key: string;
  readonly test: string;
  readonly codes: string;
  readonly unit: string;
  readonly low: string;
  readonly lowComparator: string;
  readonly high: string;
  readonly highComparator: string;
  readonly minAge: string;
  readonly minAgeUnit: AgeUnit;
  readonly maxAge: string;
  readonly maxAgeUnit: AgeUnit;
  readonly sex: string;
  readonly specimen: string;
  readonly ward: string;
  readonly repeatWindow: string;
  readonly source: string;
}

export const EMPTY: Draft = {
  key: "",
  test: "",
  codes: "",
  unit: "",
  low: "",
  lowComparator: "<=",
  high: "",
  highComparator: ">=",
  minAge: "",
  minAgeUnit: "years",
  maxAge: "",
  maxAgeUnit: "years",
  sex: "",
  specimen: "",
  ward: "",
  repeatWindow: "240",
  source: "",
};

export function draftOf(rule: RuleInTableFragment): Draft {
  const min = rule.minAgeHours ? ageOf(rule.minAgeHours) : null;
  const max = rule.maxAgeHours ? ageOf(rule.maxAgeHours) : null;
  return {
    key: rule.key,
    test: rule.test,
    codes: rule.codes.join(", "),
    unit: rule.unit,
    low: rule.low ?? "",
    lowComparator: rule.lowComparator ?? EMPTY.lowComparator,
    high: rule.high ?? "",
    highComparator: rule.highComparator ?? EMPTY.highComparator,
    minAge: min === null ? "" : String(min.n),
    minAgeUnit: min?.unit ?? "years",
    maxAge: max === null ? "" : String(max.n),
    maxAgeUnit: max?.unit ?? "years",
    sex: rule.sex ?? "",
    specimen: rule.specimen ?? "",
    ward: rule.ward?.code ?? "",
    repeatWindow: String(rule.repeatWindowMinutes),
    source: rule.source,
  };
}

/** The fields of a draft that are no numbers though they must be, by the names of the API. */
export function faultsOf(draft: Draft): ReadonlySet<string> {
  const numbers = [
    ["rule.low", draft.low],
    ["rule.high", draft.high],
    ["rule.minAgeHours", draft.minAge],
    ["rule.maxAgeHours", draft.maxAge],
  ] as const;
  const wrong = numbers.filter(([, typed]) => typed.trim() !== "" && typedNumber(typed) === null).map(([field]): string => field);
  if (!/^\d{1,6}$/.test(draft.repeatWindow.trim())) wrong.push("rule.repeatWindowMinutes");
  return new Set(wrong);
}

function hours(typed: string, unit: AgeUnit): number | null {
  const n = typedNumber(typed);
  return n === null ? null : hoursOf({ n: Number(n), unit });
}

/** The draft as the API takes it. */
export function inputOf(draft: Draft): CriticalRuleInput {
  const low = typedNumber(draft.low);
  const high = typedNumber(draft.high);
  return {
    test: draft.test.trim(),
    codes: draft.codes.split(/[\s,;]+/).filter(Boolean),
    unit: draft.unit.trim(),
    source: draft.source.trim(),
    low,
    lowComparator: low === null ? null : draft.lowComparator,
    high,
    highComparator: high === null ? null : draft.highComparator,
    minAgeHours: hours(draft.minAge, draft.minAgeUnit),
    maxAgeHours: hours(draft.maxAge, draft.maxAgeUnit),
    sex: draft.sex === "" ? null : (draft.sex as Sex),
    specimen: draft.specimen.trim() === "" ? null : draft.specimen.trim(),
    ward: draft.ward === "" ? null : draft.ward,
    repeatWindowMinutes: Number(draft.repeatWindow),
  };
}

/** What the form shows, as the API names it. */
export const FIELDS = [
  "key",
  ...["test", "codes", "unit", "source", "low", "lowComparator", "high", "highComparator", "minAgeHours"].map((name) => `rule.${name}`),
  ...["maxAgeHours", "sex", "specimen", "ward", "repeatWindowMinutes"].map((name) => `rule.${name}`),
  "reason",
];
