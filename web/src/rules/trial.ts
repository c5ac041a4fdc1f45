interface Count {
  readonly day: string;
  readonly ward?: { readonly code: string } | null;
  readonly raised: number;
}

/** The counts of a trial as a table: a line for each day, a column for each ward. */
export interface TrialTable {
  /** Null where the result belongs to no ward. */
  readonly wards: readonly (string | null)[];
  readonly days: readonly { readonly day: string; readonly byWard: readonly number[]; readonly whole: number }[];
  readonly most: number;
}

export function trialTable(counts: readonly Count[]): TrialTable {
  const codes = new Set(counts.flatMap(({ ward }) => (ward ? [ward.code] : [])));
  const wards = [...[...codes].sort(), ...(counts.some(({ ward }) => !ward) ? [null] : [])];
  const days = [...new Set(counts.map(({ day }) => day))].sort().map((day) => {
    const byWard = wards.map((code) =>
      counts.filter((one) => one.day === day && (one.ward?.code ?? null) === code).reduce((sum, { raised }) => sum + raised, 0),
    );
    return { day, byWard, whole: byWard.reduce((sum, raised) => sum + raised, 0) };
  });
  return { wards, days, most: Math.max(0, ...days.map(({ whole }) => whole)) };
}
