import { NativeSelect, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";

import { BedsBesideDocument, CancelAdmissionDocument, CancelDischargeDocument, CancelTransferDocument } from "../generated/graphql";
import { ReasonField } from "../ui/ReasonField";
import { RecordForm } from "./RecordForm";
import type { TakingBack } from "./takingBack";
import { useSending } from "./useSending";

interface TakeBackFormProps {
  readonly kind: TakingBack;
  readonly admissionId: string;
  /** The bed of the stay, or its last. */
  readonly bedId: string;
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** The free beds of the ward, for a patient who comes back while the own bed is not to be had any more. */
function useFreeBeds(bedId: string, pause: boolean): readonly { readonly id: string; readonly code: string }[] {
  const [{ data }] = useQuery({ query: BedsBesideDocument, variables: { bed: bedId }, pause });
  const beds = data?.node?.__typename === "Bed" ? data.node.ward.beds : [];
  return beds.filter((bed) => bed.id !== bedId && bed.status === "UNOCCUPIED" && !bed.reserved && !bed.admission);
}

/** What was never meant is undone, and stays in the record as that. */
export function TakeBackForm({ kind, admissionId, bedId, onDone, onBack }: TakeBackFormProps) {
  const { t } = useTranslation(["record", "clinical"]);
  const [reason, setReason] = useState("");
  const [other, setOther] = useState("");
  const [tried, setTried] = useState(false);
  const sending = useSending(["reason", "bedId"]);
  const [, admission] = useMutation(CancelAdmissionDocument);
  const [, transfer] = useMutation(CancelTransferDocument);
  const [, discharge] = useMutation(CancelDischargeDocument);
  const free = useFreeBeds(bedId, kind !== "cancelDischarge");
  const lacksReason = reason.trim() === "";

  function sent(idempotencyKey: string) {
    const input = { admissionId, reason: reason.trim(), idempotencyKey };
    switch (kind) {
      case "cancelAdmission":
        return admission({ input });
      case "cancelTransfer":
        return transfer({ input });
      case "cancelDischarge":
        return discharge({ input: { ...input, bedId: other || null } });
    }
  }

  async function submit() {
    setTried(true);
    if (lacksReason) return;
    if ((await sending.send<unknown>(sent)) !== null) onDone();
  }

  return (
    <RecordForm sending={sending} submit={t(`${kind}.submit`)} danger onSubmit={() => void submit()} onBack={onBack}>
      <Text size="sm">{t(`${kind}.text`)}</Text>
      <ReasonField
        label={t("reason")}
        required
        data-autofocus
        value={reason}
        onChange={setReason}
        error={tried && lacksReason ? t("needed") : sending.errorAt("reason")}
      />
      {kind === "cancelDischarge" && (
        <NativeSelect
          label={t("cancelDischarge.bed")}
          value={other}
          onChange={(event) => setOther(event.currentTarget.value)}
          data={[
            { value: "", label: t("cancelDischarge.sameBed") },
            ...free.map((bed) => ({ value: bed.id, label: `${t("clinical:word.bed")} ${bed.code}` })),
          ]}
          error={sending.errorAt("bedId")}
        />
      )}
    </RecordForm>
  );
}
