import { Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { SetSpo2ScaleDocument } from "../generated/graphql";
import { ReasonField } from "../ui/ReasonField";
import type { Scale } from "./PrecautionList";
import { RecordForm } from "./RecordForm";
import { useSending } from "./useSending";

interface ScaleFormProps {
  readonly patientId: string;
  readonly scale: Scale;
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** A clinical decision on the SpO₂ scale of NEWS2, for the sets to come. */
export function ScaleForm({ patientId, scale, onDone, onBack }: ScaleFormProps) {
  const { t } = useTranslation("record");
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const sending = useSending(["scale", "reason"]);
  const [, set] = useMutation(SetSpo2ScaleDocument);
  const lacksReason = reason.trim() === "";

  async function submit() {
    setTried(true);
    if (lacksReason) return;
    const input = { patientId, scale, reason: reason.trim() };
    if ((await sending.send((idempotencyKey) => set({ input: { ...input, idempotencyKey } }))) !== null) onDone();
  }

  return (
    <RecordForm sending={sending} submit={t(`precautions.choose.${scale}`)} onSubmit={() => void submit()} onBack={onBack}>
      <Text fw={600}>{t(`precautions.scales.${scale}`)}</Text>
      <Text size="sm">{t(`precautions.scaleText.${scale}`)}</Text>
      <ReasonField
        label={t("reason")}
        required
        data-autofocus
        value={reason}
        onChange={setReason}
        error={tried && lacksReason ? t("needed") : (sending.errorAt("reason") ?? sending.errorAt("scale"))}
      />
    </RecordForm>
  );
}
