/** The periods that are offered; "own" has dates. */
export const PERIODS = ["month", "lastMonth", "7", "30", "90", "own"] as const;

export type PeriodName = (typeof PERIODS)[number];

export interface Period {
  readonly name: PeriodName;
  /** `YYYY-MM-DD`, both inside. */
  readonly first: string;
  readonly last: string;
  /** As the API takes it: `to` is outside. */
  readonly from: string;
  readonly to: string;
}

export type PeriodFault = "order" | "tooLong";

/** The API reads no longer one. */
const MOST_DAYS = 400;
const DAY_MS = 86_400_000;

function isoDay(date: Date): string {
  const part = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${part(date.getMonth() + 1)}-${part(date.getDate())}`;
}

function dayOf(iso: string | null): Date | null {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso ?? "") ?? [];
  if (year === undefined || month === undefined || day === undefined) return null;
  const date = new Date(Number(year), Number(month) - 1, Number(day));
  return isoDay(date) === iso ? date : null;
}

function span(name: PeriodName, first: Date, last: Date): Period {
  // Midnights of the machine: a day of 23 or 25 hours is a day.
  const after = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
  return { name, first: isoDay(first), last: isoDay(last), from: first.toISOString(), to: after.toISOString() };
}

function isName(name: string | null): name is PeriodName {
  return (PERIODS as readonly (string | null)[]).includes(name);
}

/** The period that an address asks for; the last thirty days where it asks for none. */
export function periodOf(address: URLSearchParams, now: Date): Period {
  const asked = address.get("period");
  const name = isName(asked) ? asked : "30";
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const back = (days: number) => new Date(today.getFullYear(), today.getMonth(), today.getDate() - days);
  switch (name) {
    case "month":
      return span(name, new Date(today.getFullYear(), today.getMonth(), 1), today);
    case "lastMonth":
      return span(name, new Date(today.getFullYear(), today.getMonth() - 1, 1), new Date(today.getFullYear(), today.getMonth(), 0));
    case "own":
      return span(name, dayOf(address.get("from")) ?? back(29), dayOf(address.get("to")) ?? today);
    default:
      return span(name, back(Number(name) - 1), today);
  }
}

/** Why the API would not read the period; null where it would. */
export function faultOf({ from, to }: Period): PeriodFault | null {
  const length = Date.parse(to) - Date.parse(from);
  if (length <= 0) return "order";
  return length > MOST_DAYS * DAY_MS ? "tooLong" : null;
}

/** The address of a table to download. */
export function tableHref(name: "critical-results" | "critical-result-episodes", { from, to }: Period, ward: string | null): string {
  const asked = new URLSearchParams({ from, to });
  if (ward !== null) asked.set("ward", ward);
  return `/reports/${name}.csv?${asked.toString()}`;
}
