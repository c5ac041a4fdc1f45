import { useTranslation } from "react-i18next";

import { age, initials, patientName } from "../format/patient";

interface PatientLineProps {
  readonly patient: {
    readonly givenName: string;
    readonly familyName: string;
    readonly birthDate?: string | null | undefined;
    readonly sex?: "FEMALE" | "MALE" | "OTHER" | "UNKNOWN";
  };
  /** Initials alone, for a screen that others pass. */
  readonly private?: boolean;
}

/** "Berg, Ada · 76 y · F". A name keeps its own direction in a line of the other one. */
export function PatientLine({ patient, private: hidden = false }: PatientLineProps) {
  const { t } = useTranslation("clinical");
  const years = age(patient.birthDate, new Date());
  const rest = [years && t(`age.${years.unit}`, { n: years.n }), patient.sex && t(`sexShort.${patient.sex}`)];
  return (
    <>
      <bdi>{hidden ? initials(patient) : patientName(patient)}</bdi>
      {rest.filter(Boolean).map((part) => ` · ${part}`)}
    </>
  );
}
