import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { PatientLine } from "../ui/PatientLine";
import { usePatientFile } from "./file";
import classes from "./ForWhom.module.css";

/** Whom a dialog is about, which lies over the head of the chart: nothing may be recorded for another. */
export function ForWhom({ allergies = false }: { readonly allergies?: boolean }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const { patient } = usePatientFile();
  const known = patient.allergies?.map((one) => `${one.substance} (${t(`allergies.${one.criticality}`)})`);
  return (
    <div className={classes.whom}>
      <Text fw={600}>
        <PatientLine patient={patient} /> · {t("clinical:word.mrn")} <bdi>{patient.mrn}</bdi>
      </Text>
      {allergies && known && known.length > 0 && (
        <Text size="sm" className={classes.allergies} data-tone="critical">
          <strong>{t("allergies.label")}:</strong> <bdi>{known.join(", ")}</bdi>
        </Text>
      )}
      {allergies && known?.length === 0 && <Text size="sm">{t("allergies.none")}</Text>}
      {allergies && !known && <Text size="sm">{t("allergies.refused")}</Text>}
    </div>
  );
}
