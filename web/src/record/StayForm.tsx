import { NativeSelect, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import type { Bed } from "../board/reduce";
import {
  DischargePatientDocument,
  EndLeaveDocument,
  ReleaseReservationDocument,
  StartLeaveDocument,
} from "../generated/graphql";
import { ReasonField } from "../ui/ReasonField";
import { momentOf } from "./moment";
import { RecordForm } from "./RecordForm";
import { useSending } from "./useSending";

/** Where a patient goes: FHIR encounter-discharge-disposition. */
const DISPOSITIONS = ["home", "alt-home", "other-hcf", "rehab", "long", "hosp", "snf", "psy", "aadvice", "exp", "oth"] as const;

export type StayDoing = "discharge" | "leave" | "return" | "release";

interface StayFormProps {
  readonly bed: Bed;
  readonly kind: StayDoing;
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** What ends or interrupts a stay or a reservation: said once more before it is done. */
export function StayForm({ bed, kind, onDone, onBack }: StayFormProps) {
  const { t } = useTranslation("record");
  const [disposition, setDisposition] = useState<string>(DISPOSITIONS[0]);
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const sending = useSending(["disposition", "reason", "until"]);
  const [, discharge] = useMutation(DischargePatientDocument);
  const [, leave] = useMutation(StartLeaveDocument);
  const [, comeBack] = useMutation(EndLeaveDocument);
  const [, release] = useMutation(ReleaseReservationDocument);

  function sent(idempotencyKey: string) {
    const stay = { admissionId: bed.admission?.id ?? "", idempotencyKey };
    switch (kind) {
      case "discharge":
        return discharge({ input: { ...stay, disposition } });
      case "leave":
        return leave({ input: { ...stay, reason: reason.trim() || null, until: momentOf(until) } });
      case "return":
        return comeBack({ input: stay });
      case "release":
        return release({ input: { bedId: bed.id, idempotencyKey } });
    }
  }

  async function submit() {
    if ((await sending.send<unknown>(sent)) !== null) onDone();
  }

  return (
    <RecordForm sending={sending} submit={t(`${kind}.submit`)} danger={kind === "discharge"} onSubmit={() => void submit()} onBack={onBack}>
      <Text size="sm">{t(`${kind}.text`)}</Text>
      {kind === "discharge" && (
        <NativeSelect
          label={t("discharge.disposition")}
          data-autofocus
          value={disposition}
          onChange={(event) => setDisposition(event.currentTarget.value)}
          data={DISPOSITIONS.map((one) => ({ value: one, label: t(`disposition.${one}`) }))}
          error={sending.errorAt("disposition")}
        />
      )}
      {kind === "leave" && (
        <TextInput
          type="datetime-local"
          label={t("leave.until")}
          data-autofocus
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
          error={sending.errorAt("until")}
        />
      )}
      {kind === "leave" && (
        <ReasonField
          label={t("reason")}
          value={reason}
          onChange={setReason}
          error={sending.errorAt("reason")}
        />
      )}
    </RecordForm>
  );
}
