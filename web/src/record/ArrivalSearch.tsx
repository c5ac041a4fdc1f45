import { Alert, Button, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { FindArrivingPatientDocument, type FindArrivingPatientMutation } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { PatientLine } from "../ui/PatientLine";
import { RecordForm } from "./RecordForm";
import { useSending, type Sending } from "./useSending";

export type Arriving = NonNullable<FindArrivingPatientMutation["findArrivingPatient"]["patient"]>;

const FIELDS = ["mrn", "birthDate"] as const;
const MINUTE = 60_000;

interface ArrivalSearchProps {
  readonly onPick: (patient: Arriving) => void;
  readonly onBack: () => void;
}

/** Finds who lies on no ward yet, for whoever has the papers: both must be exact, and the person is shown before anything is done. */
export function ArrivalSearch({ onPick, onBack }: ArrivalSearchProps) {
  const { t } = useTranslation("record");
  const [values, setValues] = useState({ mrn: "", birthDate: "" });
  const [tried, setTried] = useState(false);
  const [found, setFound] = useState<Arriving | null>(null);
  const sending = useSending(["mrn"]);
  const [, find] = useMutation(FindArrivingPatientDocument);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (found === null) first.current?.focus();
  }, [found]);

  async function submit() {
    setTried(true);
    if (FIELDS.some((name) => values[name].trim() === "")) return;
    const done = await sending.send(() => find({ input: values }));
    setFound(done?.findArrivingPatient.patient ?? null);
  }

  if (found !== null) return <Confirmation patient={found} onYes={() => onPick(found)} onNo={() => setFound(null)} />;
  return (
    <RecordForm sending={withoutWait(sending)} submit={t("arriving.submit")} onSubmit={() => void submit()} onBack={onBack}>
      <Text size="sm">{t("arriving.text")}</Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        {FIELDS.map((name) => (
          <TextInput
            key={name}
            ref={name === "mrn" ? first : null}
            label={t(`register.${name}`)}
            required
            type={name === "birthDate" ? "date" : "text"}
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
            value={values[name]}
            onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
            error={tried && values[name].trim() === "" ? t("needed") : null}
          />
        ))}
      </SimpleGrid>
      <Nobody sending={sending} />
    </RecordForm>
  );
}

/** Why nobody is shown, in the words of this search. */
function Nobody({ sending }: { readonly sending: Sending }) {
  const { t } = useTranslation("record");
  const format = useFormat();
  const { problem } = sending;
  const minutes = problem?.key === "throttled" ? Math.ceil((problem.seconds * 1_000) / MINUTE) : null;
  return (
    <div role="alert">
      {sending.errorAt("mrn") !== null && <Alert color="yellow">{t("arriving.nobody")}</Alert>}
      {minutes !== null && <Alert color="red">{t("arriving.throttled", { time: format.lasting(minutes * MINUTE) })}</Alert>}
    </div>
  );
}

function withoutWait(sending: Sending): Sending {
  return sending.problem?.key === "throttled" ? { ...sending, problem: null } : sending;
}

interface ConfirmationProps {
  readonly patient: Arriving;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

function Confirmation({ patient, onYes, onNo }: ConfirmationProps) {
  const { t } = useTranslation(["record", "clinical"]);
  const format = useFormat();
  const told = useId();
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => yes.current?.focus(), []);
  const { admission } = patient;
  const place = [admission?.ward?.code, admission?.bed?.code].filter(Boolean).join(" · ");
  return (
    <Stack gap="sm">
      <div id={told}>
        <Text>{t("arriving.check")}</Text>
        <Text fw={600}>
          <PatientLine patient={patient} />
        </Text>
        <Text size="sm">
          {t("clinical:word.mrn")} <bdi>{patient.mrn}</bdi>
          {patient.birthDate && ` · ${t("clinical:word.born")} ${format.date(patient.birthDate)}`}
        </Text>
        {place !== "" && <Text size="sm">{t("arriving.lies", { place })}</Text>}
      </div>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onNo}>
          {t("arriving.no")}
        </Button>
        <Button ref={yes} aria-describedby={told} onClick={onYes}>
          {t("arriving.yes")}
        </Button>
      </Group>
    </Stack>
  );
}
