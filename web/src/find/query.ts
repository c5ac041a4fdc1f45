/** What was typed into the search, as the API is asked for it. */
export interface Wanted {
  /** The beginning of a name, or an MRN; null where nothing but a date was typed. */
  readonly search: string | null;
  /** `YYYY-MM-DD`. */
  readonly birthDate: string | null;
}

const LETTERS_AT_LEAST = 2;

/** "1950-06-15", "15.06.1950", "15/6/1950", "15-06-1950": the day before the month, as hospitals outside the US write it. */
const DATE = /(?<![\d.])(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./-](\d{1,2})[./-](\d{4}))(?![\d.])/;

function isoDate(year: string, month: string, day: string): string | null {
  const iso = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const date = new Date(`${iso}T00:00:00Z`);
  // 31 February would be read as 3 March.
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== iso ? null : iso;
}

/** Null where there is too little to look for. */
export function wanted(typed: string): Wanted | null {
  const found = DATE.exec(typed);
  const [, year, month, day, day2, month2, year2] = found ?? [];
  const birthDate = found === null ? null : isoDate(year ?? year2 ?? "", month ?? month2 ?? "", day ?? day2 ?? "");
  const rest = (birthDate === null ? typed : typed.replace(DATE, " ")).replaceAll(/[\s,]+/g, " ").trim();
  const search = rest.length >= LETTERS_AT_LEAST ? rest : null;
  return search === null && birthDate === null ? null : { search, birthDate };
}
