import { NativeSelect, SimpleGrid, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { RegisterPatientDocument, type RegisterPatientInput } from "../generated/graphql";
import { RecordForm } from "./RecordForm";
import { useSending } from "./useSending";

const SEXES: readonly RegisterPatientInput["sex"][] = ["UNKNOWN", "FEMALE", "MALE", "OTHER"];
const FIELDS = ["mrn", "familyName", "givenName", "birthDate"] as const;

export interface Registered {
  readonly id: string;
  readonly givenName: string;
  readonly familyName: string;
}

interface RegisterFormProps {
  readonly onRegistered: (patient: Registered) => void;
  readonly onBack: () => void;
}

/** Somebody who has never been here. */
export function RegisterForm({ onRegistered, onBack }: RegisterFormProps) {
  const { t } = useTranslation(["record", "clinical"]);
  const [values, setValues] = useState({ mrn: "", familyName: "", givenName: "", birthDate: "" });
  const [sex, setSex] = useState<RegisterPatientInput["sex"]>("UNKNOWN");
  const [tried, setTried] = useState(false);
  const sending = useSending(FIELDS);
  const [, register] = useMutation(RegisterPatientDocument);
  const needed = (name: (typeof FIELDS)[number]) => name !== "birthDate";

  async function submit() {
    setTried(true);
    if (FIELDS.some((name) => needed(name) && values[name].trim() === "")) return;
    const input = { ...values, birthDate: values.birthDate || null, sex };
    const done = await sending.send((idempotencyKey) => register({ input: { ...input, idempotencyKey } }));
    const patient = done?.registerPatient.patient;
    if (patient) onRegistered(patient);
  }

  return (
    <RecordForm sending={sending} submit={t("register.submit")} onSubmit={() => void submit()} onBack={onBack}>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        {FIELDS.map((name) => (
          <TextInput
            key={name}
            label={t(`register.${name}`)}
            required={needed(name)}
            type={name === "birthDate" ? "date" : "text"}
            autoComplete="off"
            data-autofocus={name === "mrn" || undefined}
            value={values[name]}
            onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
            error={tried && needed(name) && values[name].trim() === "" ? t("needed") : sending.errorAt(name)}
          />
        ))}
        <NativeSelect
          label={t("register.sex")}
          value={sex}
          onChange={(event) => setSex(SEXES.find((one) => one === event.currentTarget.value) ?? "UNKNOWN")}
          data={SEXES.map((one) => ({ value: one, label: t(`clinical:sex.${one}`) }))}
        />
      </SimpleGrid>
    </RecordForm>
  );
}
