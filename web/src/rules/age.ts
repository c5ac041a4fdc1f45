/** Units of an age, with their hours as the server counts them (models/rules/critical_rules.py). */
const HOURS = { years: 8766, months: 730.5, days: 24, hours: 1 } as const;

export type AgeUnit = keyof typeof HOURS;

export const AGE_UNITS = Object.keys(HOURS) as AgeUnit[];

export interface Age {
  readonly n: number;
  readonly unit: AgeUnit;
}

/** Hours as an age that one says: 140256 is 16 years, 730 a month (a mean month, rounded down). */
export function ageOf(hours: number): Age {
  if (hours > 0 && hours % HOURS.years === 0) return { n: hours / HOURS.years, unit: "years" };
  const months = Math.round(hours / HOURS.months);
  if (months > 0 && Math.abs(hours - months * HOURS.months) < 1) return { n: months, unit: "months" };
  return hours > 0 && hours % HOURS.days === 0 ? { n: hours / HOURS.days, unit: "days" } : { n: hours, unit: "hours" };
}

export function hoursOf({ n, unit }: Age): number {
  return Math.floor(n * HOURS[unit]);
}
