interface Named {
  readonly id: string;
  readonly familyName: string;
}

/** A family name as it is mistaken for another: without case, accents and signs. */
function heard(familyName: string): string {
  return familyName.normalize("NFKD").toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** Who of a ward has the family name of another one there: the ids of all of them. */
export function namesakes(patients: readonly Named[]): ReadonlySet<string> {
  const ids = new Map<string, readonly string[]>();
  for (const { id, familyName } of patients) {
    const name = heard(familyName);
    if (name !== "") ids.set(name, [...(ids.get(name) ?? []), id]);
  }
  return new Set([...ids.values()].filter((some) => some.length > 1).flat());
}

/** The others of a ward with the family name of this one. */
export function namesakesOf<Patient extends Named>(patient: Named, ward: readonly Patient[]): readonly Patient[] {
  const name = heard(patient.familyName);
  return name === "" ? [] : ward.filter((one) => one.id !== patient.id && heard(one.familyName) === name);
}
