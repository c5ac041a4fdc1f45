interface Dosed {
  readonly dose?: string | null | undefined;
  readonly doseUnit?: string | null | undefined;
  readonly route?: string | null | undefined;
  readonly frequency?: string | null | undefined;
}

/** "40 mg IV QD": units, routes and frequencies are codes, the same in every language. */
export function doseOf({ dose, doseUnit, route, frequency }: Dosed, decimal: (value: string) => string): string {
  const amount = dose ? [decimal(dose), doseUnit].filter(Boolean).join(" ") : null;
  return [amount, route, frequency].filter(Boolean).join(" ");
}
