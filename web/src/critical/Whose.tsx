import { useTranslation } from "react-i18next";

import { PatientLine } from "../ui/PatientLine";
import type { Critical } from "./open";

/** Where and who: bed first, since that is where one goes. */
export function Whose({ critical }: { readonly critical: Critical }) {
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
      {patient ? <PatientLine patient={patient} /> : t("notShown.patient")}
    </>
  );
}
