import { useTranslation } from "react-i18next";

import { initials } from "../format/patient";
import { PatientLine } from "../ui/PatientLine";
import type { Critical } from "./open";

interface WhoseProps {
  readonly critical: Critical;
  /** Initials alone, for a screen that others pass. */
  readonly private?: boolean;
}

/** Where and who: bed first, since that is where one goes. */
export function Whose({ critical, private: hidden = false }: WhoseProps) {
  const { t } = useTranslation(["critical", "clinical"]);
  const { patient } = critical;
  const bed = patient?.admission?.bed?.code;
  return (
    <>
      {bed !== undefined && (
        <>
          <strong>
            {t("clinical:word.bed")} <bdi>{bed}</bdi>
          </strong>
          {" · "}
        </>
      )}
      {patient && hidden && <bdi>{initials(patient)}</bdi>}
      {patient && !hidden && <PatientLine patient={patient} />}
      {!patient && t("notShown.patient")}
    </>
  );
}
