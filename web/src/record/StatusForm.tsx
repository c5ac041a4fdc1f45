import { Radio, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import type { Bed } from "../board/reduce";
import { SetBedStatusDocument } from "../generated/graphql";
import { ReasonField } from "../ui/ReasonField";
import { movesOf } from "./doings";
import { RecordForm } from "./RecordForm";
import { useSending } from "./useSending";

interface StatusFormProps {
  readonly bed: Bed;
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** What becomes of an empty bed: cleaned, contaminated, kept apart, closed. */
export function StatusForm({ bed, onDone, onBack }: StatusFormProps) {
  const { t } = useTranslation(["record", "clinical"]);
  const [status, setStatus] = useState(movesOf(bed)[0] ?? bed.status);
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const sending = useSending(["status", "reason"]);
  const [, set] = useMutation(SetBedStatusDocument);
  const lacksReason = status === "CLOSED" && reason.trim() === "";

  async function submit() {
    setTried(true);
    if (lacksReason) return;
    const input = { bedId: bed.id, status, reason: reason.trim() || null };
    if ((await sending.send((idempotencyKey) => set({ input: { ...input, idempotencyKey } }))) !== null) onDone();
  }

  return (
    <RecordForm sending={sending} submit={t("status.submit")} onSubmit={() => void submit()} onBack={onBack}>
      <Radio.Group
        label={t("status.label")}
        value={status}
        onChange={(value) => setStatus(movesOf(bed).find((one) => one === value) ?? status)}
        error={sending.errorAt("status")}
      >
        <Stack gap="xs" mt="xs">
          {movesOf(bed).map((one, index) => (
            <Radio key={one} value={one} label={t(`allowed.${one}` as "allowed.CLOSED")} data-autofocus={index === 0 || undefined} />
          ))}
        </Stack>
      </Radio.Group>
      <ReasonField
        label={t("reason")}
        required={status === "CLOSED"}
        value={reason}
        onChange={setReason}
        error={tried && lacksReason ? t("needed") : sending.errorAt("reason")}
      />
    </RecordForm>
  );
}
