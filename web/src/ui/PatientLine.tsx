import { useTranslation } from "react-i18next";

import { useIsWall } from "../app/wall";
import { age, initials, patientName } from "../format/patient";

interface PatientLineProps {
  readonly patient: {
    readonly givenName: string;
    readonly familyName: string;
    readonly birthDate?: string | null | undefined;
    readonly sex?: "FEMALE" | "MALE" | "OTHER" | "UNKNOWN";
  };
}

/** "Berg, Ada · 76 y · F"; initials alone on a screen that others pass. A name keeps its own direction in a line of the other one. */
export function PatientLine({ patient }: PatientLineProps) {
  const { t } = useTranslation("clinical");
  const wall = useIsWall();
  const years = age(patient.birthDate, new Date());
  const rest = [years && t(`age.${years.unit}`, { n: years.n }), patient.sex && t(`sexShort.${patient.sex}`)];
  return (
    <>
      <bdi>{wall ? initials(patient) : patientName(patient)}</bdi>
      {rest.filter(Boolean).map((part) => ` · ${part}`)}
    </>
  );
}
