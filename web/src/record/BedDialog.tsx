import { Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Bed } from "../board/reduce";
import { useLive } from "../live/Live";
import { PatientLine } from "../ui/PatientLine";
import { ArrivalForm } from "./ArrivalForm";
import { startChoosing } from "./choosing";
import { doings, type Doing } from "./doings";
import { RecordDialog } from "./RecordDialog";
import { StatusForm } from "./StatusForm";
import { StayForm } from "./StayForm";
import { VitalsForm } from "./VitalsForm";

interface BedDialogProps {
  readonly bed: Bed;
  readonly onClose: () => void;
}

interface FormOfProps extends BedDialogProps {
  readonly doing: Doing;
  readonly onBack: () => void;
}

function FormOf({ doing, bed, onClose, onBack }: FormOfProps) {
  const patient = bed.admission?.patient;
  switch (doing) {
    case "vitals":
      return patient ? <VitalsForm patientId={patient.id} onClose={onClose} /> : null;
    case "admit":
    case "reserve":
      return <ArrivalForm bed={bed} kind={doing} onDone={onClose} onBack={onBack} />;
    case "status":
      return <StatusForm bed={bed} onDone={onClose} onBack={onBack} />;
    case "move":
    case "swap":
      return null;
    default:
      return <StayForm bed={bed} kind={doing} onDone={onClose} onBack={onBack} />;
  }
}

/** What can be done with a bed and who lies in it. */
export default function BedDialog({ bed: now, onClose }: BedDialogProps) {
  const { t } = useTranslation(["record", "clinical"]);
  const { viewer } = useLive();
  // The board goes on behind a form: what one fills in stays about the bed and the patient that one saw.
  const [bed] = useState(now);
  const [doing, setDoing] = useState<Doing | null>(null);
  const admission = bed.admission;
  const patient = admission?.patient;

  function choose(next: Doing) {
    if (!((next === "move" || next === "swap") && admission && patient)) {
      setDoing(next);
      return;
    }
    startChoosing({
      kind: next,
      admissionId: admission.id,
      patient,
      from: { id: bed.id, code: bed.code },
      needs: patient.isolations?.map(({ kind }) => kind) ?? [],
    });
    onClose();
  }

  const title = [`${t("clinical:word.bed")} ${bed.code}`, doing && t(`doing.${doing}`)].filter(Boolean).join(" · ");
  return (
    <RecordDialog title={title} size={doing === "vitals" ? "lg" : "md"} onClose={onClose}>
      <Text mb="sm" fw={600}>
        {patient ? <PatientLine patient={patient} /> : t(`clinical:bedStatus.${bed.status}`)}
      </Text>
      {bed.isolationFor.length > 0 && !patient && (
        <Text size="sm" mb="sm">
          {t("fitFor", { kinds: bed.isolationFor.map((kind) => t(`clinical:isolation.${kind}`)).join(", ") })}
        </Text>
      )}
      {patient?.isolations && patient.isolations.length > 0 && (
        <Text size="sm" mb="sm">
          {t("needs", { kinds: patient.isolations.map(({ kind }) => t(`clinical:isolation.${kind}`)).join(", ") })}
        </Text>
      )}
      {doing === null ? (
        <Stack gap="xs">
          {doings(bed, viewer.scopes).map((one, index) => (
            <Button
              key={one}
              variant={index === 0 ? "light" : "default"}
              justify="flex-start"
              mih={44}
              data-autofocus={index === 0 || undefined}
              onClick={() => choose(one)}
            >
              {t(`doing.${one}`)}
            </Button>
          ))}
        </Stack>
      ) : (
        <FormOf doing={doing} bed={bed} onClose={onClose} onBack={() => setDoing(null)} />
      )}
    </RecordDialog>
  );
}
