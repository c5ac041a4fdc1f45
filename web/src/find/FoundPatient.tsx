import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { FindPatientsQuery } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { PatientLine } from "../ui/PatientLine";
import classes from "./FindPage.module.css";

type Found = NonNullable<FindPatientsQuery["patients"]>["nodes"][number];

interface FoundPatientProps {
  readonly id: string;
  readonly patient: Found;
  readonly chosen: boolean;
  readonly onOpen: () => void;
}

/** One line of what was found. The field keeps the focus: its keys choose and open, and a click opens as well. */
export function FoundPatient({ id, patient, chosen, onOpen }: FoundPatientProps) {
  const { t } = useTranslation(["find", "clinical"]);
  const format = useFormat();
  const item = useRef<HTMLLIElement>(null);
  const { admission } = patient;
  const place = [admission?.ward?.code, admission?.bed?.code].filter(Boolean).join(" · ");

  useEffect(() => {
    if (chosen) item.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the combobox has the keys
    <li ref={item} id={id} role="option" aria-selected={chosen} className={classes.found} onClick={onOpen}>
      <span className={classes.name}>
        <PatientLine patient={patient} />
      </span>
      <span>
        {t("clinical:word.mrn")} <bdi>{patient.mrn}</bdi>
        {patient.birthDate && ` · ${t("clinical:word.born")} ${format.date(patient.birthDate)}`}
      </span>
      <span className={classes.place}>
        {patient.deceasedAt ? t("deceased") : place === "" ? t("notHere") : <bdi>{place}</bdi>}
      </span>
    </li>
  );
}
