import { Button, Group, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import type { Bed } from "../board/reduce";
import { AdmitPatientDocument, ReserveBedDocument } from "../generated/graphql";
import { useMay } from "../live/Live";
import { PatientLine } from "../ui/PatientLine";
import { momentOf } from "./moment";
import { OverrideReason } from "./OverrideReason";
import { PatientPicker } from "./PatientPicker";
import { RecordForm } from "./RecordForm";
import { RegisterForm, type Registered } from "./RegisterForm";
import { useSending } from "./useSending";

interface ArrivalFormProps {
  readonly bed: Bed;
  /** Into the bed now, or the bed is kept. */
  readonly kind: "admit" | "reserve";
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** Somebody comes to this bed: whom the bed is kept for is offered first. */
export function ArrivalForm({ bed, kind, onDone, onBack }: ArrivalFormProps) {
  const { t } = useTranslation("record");
  const [patient, setPatient] = useState<Registered | null>(kind === "admit" ? (bed.reservedFor ?? null) : null);
  const [registers, setRegisters] = useState(false);
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const [override, setOverride] = useState("");
  const sending = useSending(["reason", "until", "overrideReason"]);
  const mayRegister = useMay("patient:register");
  const [, admit] = useMutation(AdmitPatientDocument);
  const [, reserve] = useMutation(ReserveBedDocument);

  async function submit(who: Registered) {
    const both = { patientId: who.id, bedId: bed.id };
    const done =
      kind === "admit"
        ? await sending.send((idempotencyKey) =>
            admit({ input: { ...both, reason: reason.trim() || null, overrideReason: override.trim() || null, idempotencyKey } }),
          )
        : await sending.send((idempotencyKey) => reserve({ input: { ...both, until: momentOf(until), idempotencyKey } }));
    if (done !== null) onDone();
  }

  if (registers) {
    return (
      <RegisterForm
        onBack={() => setRegisters(false)}
        onRegistered={(registered) => {
          setPatient(registered);
          setRegisters(false);
        }}
      />
    );
  }
  if (patient === null) {
    return (
      <>
        <PatientPicker onPick={setPatient} />
        <Group justify="space-between" mt="sm">
          {mayRegister ? (
            <Button variant="light" onClick={() => setRegisters(true)}>
              {t("register.open")}
            </Button>
          ) : (
            <span />
          )}
          <Button variant="default" onClick={onBack}>
            {t("back")}
          </Button>
        </Group>
      </>
    );
  }
  return (
    <RecordForm sending={sending} submit={t(`${kind}.submit`)} onSubmit={() => void submit(patient)} onBack={onBack}>
      <Group justify="space-between">
        <Text fw={600}>
          <PatientLine patient={patient} />
        </Text>
        <Button size="xs" variant="default" onClick={() => setPatient(null)}>
          {t("picker.other")}
        </Button>
      </Group>
      {kind === "admit" ? (
        <Textarea
          label={t("admit.reason")}
          autosize
          minRows={2}
          maxLength={2000}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={sending.errorAt("reason")}
        />
      ) : (
        <TextInput
          type="datetime-local"
          label={t("reserve.until")}
          data-autofocus
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
          error={sending.errorAt("until")}
        />
      )}
      <OverrideReason value={override} refused={sending.errorAt("overrideReason")} onChange={setOverride} />
    </RecordForm>
  );
}
