interface Named {
  readonly givenName: string;
  readonly familyName: string;
}

/** Family name first, as a ward list is read. */
export function patientName(patient: Named): string {
  return `${patient.familyName}, ${patient.givenName}`;
}

/** "A. B.": on a wall that visitors pass, nobody's name is to be read. */
export function initials(patient: Named): string {
  const firsts = [patient.familyName, patient.givenName].map((name) => name.codePointAt(0));
  return firsts.flatMap((one) => (one === undefined ? [] : [`${String.fromCodePoint(one)}.`])).join(" ");
}

/** An age as the unit that is read at that age, and the number. */
export interface Age {
  readonly unit: "days" | "weeks" | "months" | "years";
  readonly n: number;
}

/**
 * Age of a `YYYY-MM-DD` birth date on the day `today`: days under 28, weeks under 3 months, months under 2 years, years
 * then, because the reading of vitals changes at those borders. Null where the date is absent or ahead.
 */
export function age(birthDate: string | null | undefined, today: Date): Age | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(birthDate ?? "");
  if (parts === null) return null;
  const [year = 0, month = 0, day = 0] = parts.slice(1).map(Number);
  const days = Math.floor(
    (Date.UTC(today.getFullYear(), today.getMonth(), today.getDate()) - Date.UTC(year, month - 1, day)) / 86_400_000,
  );
  if (days < 0) return null;
  const beforeDay = today.getDate() < day ? 1 : 0;
  const months = (today.getFullYear() - year) * 12 + (today.getMonth() + 1 - month) - beforeDay;
  if (days < 28) return { unit: "days", n: days };
  if (months < 3) return { unit: "weeks", n: Math.floor(days / 7) };
  if (months < 24) return { unit: "months", n: months };
  return { unit: "years", n: Math.floor(months / 12) };
}
