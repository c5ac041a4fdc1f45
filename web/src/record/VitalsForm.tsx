import { Button, Group, Loader, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";

import { problemOf } from "../api/errors";
import { useNow } from "../app/clock";
import { millis } from "../format/time";
import { PatientToMeasureDocument, RecordVitalsDocument, type PatientToMeasureQuery, type RecordVitalsMutation } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { Ago } from "../ui/Ago";
import { News2Badge } from "../ui/News2Badge";
import { ProblemNote } from "../ui/Problem";
import { Measurement } from "./Measurement";
import { FIELDS, isEmpty, measuredOf, NOTHING_TYPED, standsInTheWay, valuesOf, verdicts, type Field, type Typed } from "./measurements";
import { momentOf } from "./moment";
import { news2Of, notApplicable } from "./news2";
import { Points } from "./Points";
import { RecordForm } from "./RecordForm";
import { useSending } from "./useSending";
import classes from "./VitalsForm.module.css";

type Patient = NonNullable<PatientToMeasureQuery["patient"]>;
type Recorded = NonNullable<RecordVitalsMutation["recordVitals"]["vitals"]>;

const CONSCIOUSNESS = ["ALERT", "CONFUSION", "VOICE", "PAIN", "UNRESPONSIVE"] as const;
const FURTHER: readonly Field[] = ["painScore", "weightKg", "heightCm"];

interface VitalsFormProps {
  readonly patientId: string;
  readonly onClose: () => void;
  /** The set is in the chart. */
  readonly onRecorded?: (() => void) | undefined;
}

/** The score that the typed values would have. */
function Preview({ patient, typed }: { readonly patient: Patient; readonly typed: Typed }) {
  const { t } = useTranslation(["record", "clinical"]);
  const now = useNow();
  const reason = notApplicable({ birthDate: patient.birthDate, pregnancies: patient.pregnancies }, new Date(now));
  const score = news2Of(measuredOf(typed), patient.spo2Scale ?? "SCALE_1");
  const missing = score.missing.map((one) => t(`clinical:news2Missing.${one}`)).join(", ");
  return (
    <div className={classes.preview}>
      <output aria-live="polite">
        {reason === null ? <News2Badge score={score} size="lg" /> : t(`clinical:news2.${reason}`)}
      </output>
      <span className={classes.previewWord}>
        {t("vitals.preview")}
        {patient.spo2Scale === "SCALE_2" && ` · ${t("vitals.scale2")}`}
        {reason === null && score.total === null && missing !== "" && (
          <>
            <br />
            {t("clinical:news2.missing", { what: missing })}
          </>
        )}
      </span>
    </div>
  );
}

/** What the server made of it: its score is the one that counts. */
function Done({ recorded, onClose }: { readonly recorded: Recorded | null; readonly onClose: () => void }) {
  const { t } = useTranslation(["record", "app", "clinical"]);
  const format = useFormat();
  const now = useNow();
  const at = millis(recorded?.recordedAt);
  const reason = recorded?.news2NotApplicableReason;
  const close = useRef<HTMLButtonElement>(null);
  // The form that had the focus has gone.
  useEffect(() => close.current?.focus(), []);
  return (
    <Stack gap="sm" role="status">
      <Text>{at === null ? t("vitals.recorded") : t("vitals.recordedAt", { time: format.clock(at, now) })}</Text>
      {recorded && (reason ? <Text>{t(`clinical:news2.${reason}`)}</Text> : <div><News2Badge score={recorded.news2} size="lg" /></div>)}
      <Group justify="flex-end">
        <Button ref={close} onClick={onClose}>
          {t("app:word.close")}
        </Button>
      </Group>
    </Stack>
  );
}

function Form({ patient, onClose, onRecorded }: { readonly patient: Patient } & Omit<VitalsFormProps, "patientId">) {
  const { t } = useTranslation(["record", "clinical"]);
  const [typed, setTyped] = useState(NOTHING_TYPED);
  const [at, setAt] = useState("");
  const [empty, setEmpty] = useState(false);
  const [recorded, setRecorded] = useState<{ readonly vitals: Recorded | null } | null>(null);
  const [, record] = useMutation(RecordVitalsDocument);
  const sending = useSending([...FIELDS, "recordedAt"]);
  // Of all tries the first: one set under one key has one time.
  const firstTry = useRef<string | null>(null);
  const form = useRef<HTMLDivElement>(null);
  const found = verdicts(typed);
  const { parts } = news2Of(measuredOf(typed), patient.spo2Scale ?? "SCALE_1");
  const scored: Readonly<Partial<Record<Field, number | undefined>>> = parts;
  const last = patient.latestVitals;

  function type(field: Field, text: string) {
    setTyped((before) => ({
      ...before,
      fields: { ...before.fields, [field]: text },
      confirmed: before.confirmed.filter((one) => one !== field),
    }));
    setEmpty(false);
  }

  function confirm(field: Field, is: boolean) {
    setTyped((before) => ({ ...before, confirmed: [...before.confirmed.filter((one) => one !== field), ...(is ? [field] : [])] }));
  }

  async function submit() {
    setEmpty(isEmpty(typed));
    const wrong = standsInTheWay(typed);
    if (wrong !== null || isEmpty(typed)) {
      form.current?.querySelector<HTMLInputElement>(`input[name="${wrong ?? "respiratoryRate"}"]`)?.focus();
      return;
    }
    firstTry.current ??= new Date().toISOString();
    const recordedAt = momentOf(at) ?? firstTry.current;
    const input = { patientId: patient.id, recordedAt, ...valuesOf(typed) };
    const done = await sending.send((idempotencyKey) => record({ input: { ...input, idempotencyKey } }));
    if (done === null) return;
    setRecorded({ vitals: done.recordVitals.vitals });
    onRecorded?.();
  }

  function measurement(field: Field) {
    const before = last?.[field] ?? null;
    return (
      <Measurement
        key={field}
        field={field}
        typed={typed.fields[field]}
        verdict={found[field]}
        points={scored[field]}
        confirmed={typed.confirmed.includes(field)}
        refused={sending.errorAt(field)}
        last={before === null ? null : String(before)}
        onType={(text) => type(field, text)}
        onConfirm={(is) => confirm(field, is)}
      />
    );
  }

  if (recorded) return <Done recorded={recorded.vitals} onClose={onClose} />;
  return (
    <RecordForm sending={sending} submit={t("vitals.submit")} onSubmit={() => void submit()} onBack={onClose}>
      <Preview patient={patient} typed={typed} />
      <div className={classes.fields} ref={form}>
        {measurement("respiratoryRate")}
        {measurement("oxygenSaturation")}
        <Radio.Group
          label={
            <>
              {t("clinical:vital.oxygen")} <Points points={parts.onOxygen} />
            </>
          }
          value={typed.onOxygen === null ? "" : String(typed.onOxygen)}
          onChange={(value) => setTyped({ ...typed, onOxygen: value === "true" })}
        >
          <Group gap="md" mih={36}>
            <Radio value="false" label={t("vitals.air")} />
            <Radio value="true" label={t("vitals.oxygen")} />
          </Group>
        </Radio.Group>
        {measurement("systolic")}
        {measurement("diastolic")}
        {measurement("heartRate")}
        <Radio.Group
          className={classes.wide ?? ""}
          label={
            <>
              {t("vitals.consciousness")} <Points points={parts.consciousness} />
            </>
          }
          value={typed.consciousness ?? ""}
          onChange={(value) => setTyped({ ...typed, consciousness: CONSCIOUSNESS.find((one) => one === value) ?? null })}
        >
          <Group gap="md" mih={36}>
            {CONSCIOUSNESS.map((one) => (
              <Radio key={one} value={one} label={t(`clinical:consciousness.${one}`)} />
            ))}
          </Group>
        </Radio.Group>
        {measurement("temperature")}
        {FURTHER.map(measurement)}
        <TextInput
          type="datetime-local"
          label={t("vitals.at")}
          description={t("vitals.atHint")}
          inputWrapperOrder={["label", "input", "error", "description"]}
          value={at}
          onChange={(event) => setAt(event.currentTarget.value)}
          error={sending.errorAt("recordedAt")}
        />
      </div>
      {last && (
        <Text size="sm" c="dimmed">
          {t("vitals.before")} <Ago at={last.recordedAt} />
        </Text>
      )}
      <div role="alert">{empty && <Text c="red">{t("vitals.empty")}</Text>}</div>
    </RecordForm>
  );
}

/** One set of vital signs, with the score counted as one types. */
export function VitalsForm({ patientId, ...rest }: VitalsFormProps) {
  const { t } = useTranslation("record");
  const [{ data, error }, again] = useQuery({ query: PatientToMeasureDocument, variables: { id: patientId } });
  if (!data?.patient && error) return <ProblemNote problem={problemOf(error)} onAgain={() => again({ requestPolicy: "network-only" })} />;
  if (data === undefined) return <Loader />;
  if (!data.patient) return <Text>{t("vitals.noPatient")}</Text>;
  return <Form patient={data.patient} {...rest} />;
}

