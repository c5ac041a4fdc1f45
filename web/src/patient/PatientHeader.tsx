import { Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { age, patientName } from "../format/patient";
import { millis } from "../format/time";
import { namesakesOf } from "../format/namesakes";
import { NamesOnWardDocument, type PatientHeadFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useMay } from "../live/Live";
import { Precautions } from "../record/Precautions";
import { RecordVitals } from "../record/RecordVitals";
import { Ago } from "../ui/Ago";
import { News2Badge } from "../ui/News2Badge";
import { usePatientFile } from "./file";
import { ForWhom } from "./ForWhom";
import classes from "./PatientHeader.module.css";
import { useFileQuery } from "./useFileQuery";

type Allergy = NonNullable<PatientHeadFragment["allergies"]>[number];

const ALLERGY_TONE = { HIGH: "critical", UNABLE_TO_ASSESS: "single", LOW: "single" } as const;
const ALLERGY_ORDER = ["HIGH", "UNABLE_TO_ASSESS", "LOW"];

function Note({ tone, children }: { readonly tone: string; readonly children: ReactNode }) {
  return (
    <li className={classes.note} data-tone={tone}>
      {children}
    </li>
  );
}

/** The worst first. None recorded is not the same as none known, and nobody may take it for that. */
function Allergies({ allergies }: { readonly allergies: readonly Allergy[] | null | undefined }) {
  const { t } = useTranslation("patient");
  if (!allergies) return <Note tone="none">{t("allergies.refused")}</Note>;
  if (allergies.length === 0) return <Note tone="none">{t("allergies.none")}</Note>;
  const sorted = [...allergies].sort(
    (a, b) => ALLERGY_ORDER.indexOf(a.criticality) - ALLERGY_ORDER.indexOf(b.criticality),
  );
  return (
    <>
      <li className={classes.label}>{t("allergies.label")}</li>
      {sorted.map((allergy) => (
        <Note key={allergy.id} tone={ALLERGY_TONE[allergy.criticality]}>
          <span aria-hidden="true">{allergy.criticality === "HIGH" ? "▲" : "△"}</span>
          <strong>{allergy.substance}</strong>
          {allergy.reaction && <span className={classes.reaction}>{allergy.reaction}</span>}
          <span>({t(`allergies.${allergy.criticality}`)})</span>
        </Note>
      ))}
    </>
  );
}

/** Who else on the ward can be taken for this patient. Read when the chart is opened: the board is what watches the ward. */
function Namesakes({ patient }: { readonly patient: PatientHeadFragment }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const may = [useMay("ward:read"), useMay("admission:read")].every(Boolean);
  const ward = patient.admission?.ward?.code;
  const { data } = useFileQuery(NamesOnWardDocument, { ward: ward ?? "" }, null, ward === undefined || !may);
  const others = (data?.ward?.beds ?? []).flatMap(({ code, admission }) => (admission?.patient ? [{ code, ...admission.patient }] : []));
  const names = namesakesOf(patient, others).map((one) => `${patientName(one)} (${one.code})`);
  if (names.length === 0) return null;
  return (
    <Note tone="single">
      <span aria-hidden="true">≈</span>
      <strong>{t("clinical:nameAlert.title")}</strong>
      <span>
        <bdi>{names.join(" · ")}</bdi>
      </span>
    </Note>
  );
}

/** What changes how one treats this patient, besides allergies. */
function Cautions({ patient }: { readonly patient: PatientHeadFragment }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const format = useFormat();
  const now = useNow();
  const pregnancy = patient.pregnancies?.find((one) => one.abatement === null && one.enteredInErrorAt === null);
  const { admission } = patient;
  const back = millis(admission?.leaveUntil);
  const deceased = millis(patient.deceasedAt);
  return (
    <>
      {deceased !== null && <Note tone="high">{t("head.deceased", { date: format.date(deceased) })}</Note>}
      {patient.isolations?.map((isolation) => (
        <Note key={isolation.id} tone="medium">
          <strong>{t(`clinical:isolation.${isolation.kind}`)}</strong>
          {isolation.reason && <span className={classes.reaction}>{isolation.reason}</span>}
        </Note>
      ))}
      {pregnancy && (
        <Note tone="single">
          <strong>{t("head.pregnant")}</strong>
          {pregnancy.expectedDelivery && <span>{t("head.expected", { date: format.date(pregnancy.expectedDelivery) })}</span>}
        </Note>
      )}
      {patient.spo2Scale === "SCALE_2" && <Note tone="single">{t("head.scale2")}</Note>}
      {admission?.status === "ON_LEAVE" && (
        <Note tone="single">{back === null ? t("head.onLeave") : t("head.onLeaveUntil", { time: format.clock(back, now) })}</Note>
      )}
    </>
  );
}

function Place({ admission }: { readonly admission: PatientHeadFragment["admission"] }) {
  const { t } = useTranslation(["patient", "clinical"]);
  if (!admission) return <Text size="sm">{t("head.notAdmitted")}</Text>;
  const place = [admission.ward?.code, admission.bed && `${t("clinical:word.bed")} ${admission.bed.code}`];
  return (
    <span className={classes.bed} title={admission.ward?.name}>
      {place.filter(Boolean).join(" · ")}
    </span>
  );
}

/** Who this is and what must not be forgotten, in view however far one scrolls. */
export function PatientHeader({ refused }: { readonly refused: ReadonlySet<string> }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const { patient, again } = usePatientFile();
  const format = useFormat();
  const years = age(patient.birthDate, new Date());
  const vitals = patient.latestVitals;
  const reason = vitals?.news2NotApplicableReason;
  return (
    <header className={classes.header} aria-label={t("head.label")}>
      {/* What stays in view on a phone, where the rest of the head would take too much of it. */}
      <div className={classes.who}>
        <Title order={1} className={classes.name}>
          <bdi>{patientName(patient)}</bdi>
        </Title>
        {/* Directly after the name in reading, and on a phone to the eye as well. */}
        <ul className={classes.notes} aria-label={t("head.notes")}>
          <Allergies allergies={refused.has("patient.allergies") ? null : patient.allergies} />
          <Namesakes patient={patient} />
          <Cautions patient={patient} />
        </ul>
      </div>
      <div className={classes.facts}>
        {years && <span>{t(`clinical:age.${years.unit}`, { n: years.n })}</span>}
        <span>{t(`clinical:sex.${patient.sex}`)}</span>
        {patient.birthDate && (
          <span>
            {t("clinical:word.born")} {format.date(patient.birthDate)}
          </span>
        )}
        <span>
          {t("clinical:word.mrn")} <bdi>{patient.mrn}</bdi>
        </span>
      </div>
      <div className={classes.place}>
        {refused.has("patient.admission") ? null : <Place admission={patient.admission} />}
        {vitals && (
          <>
            <News2Badge score={vitals.news2} />
            <Text size="sm" component="span" visibleFrom="sm">
              {reason ? t(`clinical:news2.${reason}`) : <Ago at={vitals.recordedAt} />}
            </Text>
          </>
        )}
        <RecordVitals patientId={patient.id} whom={<ForWhom />} onRecorded={again} />
        <Precautions patientId={patient.id} whom={<ForWhom />} onChanged={again} />
      </div>
    </header>
  );
}
