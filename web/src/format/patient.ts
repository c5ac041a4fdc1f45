interface Named {
  readonly givenName: string;
  readonly familyName: string;
}

/** Family name first, as a ward list is read. */
export function patientName(patient: Named): string {
  return `${patient.familyName}, ${patient.givenName}`;
}

/**
 * Age of a `YYYY-MM-DD` birth date on the day `today`: days under 28, weeks under 3 months, months under 2 years, years
 * then, because the reading of vitals changes at those borders. Null where the date is absent or ahead.
 */
export function age(birthDate: string | null | undefined, today: Date): string | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(birthDate ?? "");
  if (parts === null) return null;
  const [year = 0, month = 0, day = 0] = parts.slice(1).map(Number);
  const days = Math.floor(
    (Date.UTC(today.getFullYear(), today.getMonth(), today.getDate()) - Date.UTC(year, month - 1, day)) / 86_400_000,
  );
  if (days < 0) return null;
  const beforeDay = today.getDate() < day ? 1 : 0;
  const months = (today.getFullYear() - year) * 12 + (today.getMonth() + 1 - month) - beforeDay;
  if (days < 28) return `${days} d`;
  if (months < 3) return `${Math.floor(days / 7)} wk`;
  if (months < 24) return `${months} mo`;
  return `${Math.floor(months / 12)} y`;
}

const SEX: Readonly<Record<string, string>> = { FEMALE: "F", MALE: "M", OTHER: "other", UNKNOWN: "sex unknown" };

export function sexShort(sex: string): string {
  return SEX[sex] ?? sex;
}
