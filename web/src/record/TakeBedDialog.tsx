import { Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import type { Bed } from "../board/reduce";
import { patientName } from "../format/patient";
import { AdmitPatientDocument, SwapBedsDocument, TransferPatientDocument } from "../generated/graphql";
import { endChoosing, offerOf, type Choosing } from "./choosing";
import { OverrideReason } from "./OverrideReason";
import { RecordDialog } from "./RecordDialog";
import { RecordForm } from "./RecordForm";
import { useSending } from "./useSending";

interface TakeBedDialogProps {
  readonly bed: Bed;
  readonly choosing: Choosing;
  readonly onClose: () => void;
}

/** This bed was chosen on the board: says once more who goes where, and does it. */
export default function TakeBedDialog({ bed, choosing, onClose }: TakeBedDialogProps) {
  const { t } = useTranslation(["record", "clinical"]);
  const [override, setOverride] = useState("");
  const sending = useSending(["overrideReason"]);
  const [, transfer] = useMutation(TransferPatientDocument);
  const [, swap] = useMutation(SwapBedsDocument);
  const [, admit] = useMutation(AdmitPatientDocument);
  const { kind, admissionId, patient, from } = choosing;
  const unfit = offerOf(bed, choosing) === "unfit";
  const other = bed.admission;

  function sent(idempotencyKey: string) {
    const overrideReason = override.trim() || null;
    if (admissionId === null) return admit({ input: { patientId: patient.id, bedId: bed.id, overrideReason, idempotencyKey } });
    if (kind === "swap") return swap({ input: { admissionId, otherAdmissionId: other?.id ?? "", overrideReason, idempotencyKey } });
    return transfer({ input: { admissionId, bedId: bed.id, overrideReason, idempotencyKey } });
  }

  async function submit() {
    if ((await sending.send<unknown>(sent)) === null) return;
    endChoosing();
    onClose();
  }

  const words = { name: patientName(patient), from: from?.code ?? "", to: bed.code, other: other?.patient ? patientName(other.patient) : "" };
  return (
    <RecordDialog title={t(`take.${kind}Title`, words)} onClose={onClose}>
      <RecordForm sending={sending} submit={t(`take.${kind}`)} onSubmit={() => void submit()} onBack={onClose}>
        <Text>{t(`take.${kind}Text`, words)}</Text>
        {choosing.needs.length > 0 && (
          <Text size="sm">
            {t("needs", { kinds: choosing.needs.map((one) => t(`clinical:isolation.${one}`)).join(", ") })}
            {unfit && ` ${t("take.unfit")}`}
          </Text>
        )}
        <OverrideReason value={override} refused={sending.errorAt("overrideReason")} expected={unfit} onChange={setOverride} />
      </RecordForm>
    </RecordDialog>
  );
}
