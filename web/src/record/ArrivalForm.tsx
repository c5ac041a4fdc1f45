import { Button, Group, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import type { Bed } from "../board/reduce";
import { patientName } from "../format/patient";
import { AdmitPatientDocument, ReserveBedDocument, TransferPatientDocument } from "../generated/graphql";
import { useMay } from "../live/Live";
import { PatientLine } from "../ui/PatientLine";
import { ReasonField } from "../ui/ReasonField";
import classes from "./ArrivalForm.module.css";
import { ArrivalSearch } from "./ArrivalSearch";
import { momentOf } from "./moment";
import { OverrideReason } from "./OverrideReason";
import { PatientPicker, type Found } from "./PatientPicker";
import { RecordForm } from "./RecordForm";
import { RegisterForm, type Registered } from "./RegisterForm";
import { useSending } from "./useSending";

/** Whom the picker found lies in a bed already, perhaps. */
type Arriving = Registered & Partial<Pick<Found, "admission">>;

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
  const [patient, setPatient] = useState<Arriving | null>(kind === "admit" ? (bed.reservedFor ?? null) : null);
  const [way, setWay] = useState<"search" | "register" | "exact">("search");
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const [override, setOverride] = useState("");
  const sending = useSending(["reason", "until", "overrideReason"]);
  const mayRegister = useMay("patient:register");
  const mayAdmit = useMay("patient:admit");
  const [, admit] = useMutation(AdmitPatientDocument);
  const [, reserve] = useMutation(ReserveBedDocument);
  const [, transfer] = useMutation(TransferPatientDocument);
  // Whoever is in the hospital already is not admitted once more, but moved.
  const here = kind === "admit" ? (patient?.admission ?? null) : null;

  function sent(who: Arriving, idempotencyKey: string) {
    const both = { patientId: who.id, bedId: bed.id };
    const overrideReason = override.trim() || null;
    if (here) return transfer({ input: { admissionId: here.id, bedId: bed.id, overrideReason, idempotencyKey } });
    if (kind === "admit") return admit({ input: { ...both, reason: reason.trim() || null, overrideReason, idempotencyKey } });
    return reserve({ input: { ...both, until: momentOf(until), idempotencyKey } });
  }

  async function submit(who: Arriving) {
    if ((await sending.send<unknown>((idempotencyKey) => sent(who, idempotencyKey))) !== null) onDone();
  }

  function choose(found: Arriving) {
    setPatient(found);
    setWay("search");
  }

  if (way === "register") return <RegisterForm onBack={() => setWay("search")} onRegistered={choose} />;
  if (way === "exact") return <ArrivalSearch onBack={() => setWay("search")} onPick={choose} />;
  if (patient === null) {
    return (
      <>
        {bed.reserved && !bed.reservedFor && (
          <Text size="sm" mb="xs">
            {t("picker.keptForHidden")}
          </Text>
        )}
        <PatientPicker onPick={setPatient} />
        {mayAdmit && (
          <Button variant="light" fullWidth h="auto" mih={44} py={4} mt="sm" classNames={{ label: classes.wrapped }} onClick={() => setWay("exact")}>
            {t("arriving.open")}
          </Button>
        )}
        <Group justify="space-between" mt="sm">
          {mayRegister ? (
            <Button variant="light" onClick={() => setWay("register")}>
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
    <RecordForm sending={sending} submit={t(here ? "take.move" : `${kind}.submit`)} onSubmit={() => void submit(patient)} onBack={onBack}>
      <Group justify="space-between">
        <Text fw={600}>
          <PatientLine patient={patient} />
        </Text>
        <Button size="xs" variant="default" onClick={() => setPatient(null)}>
          {t("picker.other")}
        </Button>
      </Group>
      {here && (
        <Text size="sm">
          {t("take.moveText", { name: patientName(patient), from: [here.ward?.code, here.bed?.code].filter(Boolean).join(" · "), to: bed.code })}
        </Text>
      )}
      {!here && kind === "admit" && (
        <ReasonField
          label={t("admit.reason")}
          data-autofocus
          value={reason}
          onChange={setReason}
          error={sending.errorAt("reason")}
        />
      )}
      {kind === "reserve" && (
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
