import { Button, Group, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
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
import { TakeBackForm } from "./TakeBackForm";
import { useCourse, type LastStay } from "./useCourse";
import { VitalsForm } from "./VitalsForm";

interface BedDialogProps {
  readonly bed: Bed;
  readonly onClose: () => void;
}

interface FormOfProps extends BedDialogProps {
  readonly doing: Doing;
  /** The admission that is taken back, or of which something is. */
  readonly last: LastStay | null;
  readonly onDischarged: () => void;
  readonly onBack: () => void;
}

function FormOf({ doing, bed, last, onClose, onDischarged, onBack }: FormOfProps) {
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
    case "cancelAdmission":
    case "cancelTransfer":
    case "cancelDischarge":
      return last ? <TakeBackForm kind={doing} admissionId={last.admissionId} bedId={bed.id} onDone={onClose} onBack={onBack} /> : null;
    case "discharge":
      return <StayForm bed={bed} kind={doing} onDone={onDischarged} onBack={onBack} />;
    default:
      return <StayForm bed={bed} kind={doing} onDone={onClose} onBack={onBack} />;
  }
}

interface DischargedProps {
  readonly onTakeBack: () => void;
  readonly onClose: () => void;
}

/** It is done. Whoever discharged the wrong one takes it back here: of a ward, a patient who has left it is out of sight. */
function Discharged({ onTakeBack, onClose }: DischargedProps) {
  const { t } = useTranslation(["record", "app"]);
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), []);
  return (
    <Stack gap="sm">
      <Text role="status">{t("discharge.done")}</Text>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onTakeBack}>
          {t("doing.cancelDischarge")}
        </Button>
        <Button ref={close} onClick={onClose}>
          {t("app:word.close")}
        </Button>
      </Group>
    </Stack>
  );
}

/** What can be done with a bed and who lies in it. */
export default function BedDialog({ bed: now, onClose }: BedDialogProps) {
  const { t } = useTranslation(["record", "clinical"]);
  const { viewer } = useLive();
  // The board goes on behind a form: what one fills in stays about the bed and the patient that one saw.
  const [bed] = useState(now);
  const [doing, setDoing] = useState<Doing | null>(null);
  const [discharged, setDischarged] = useState(false);
  const admission = bed.admission;
  const patient = admission?.patient;
  const course = useCourse(bed.id);
  const last = discharged && admission ? { admissionId: admission.id, patient: patient ?? null } : course.last;

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
        {!patient && last?.patient && doing === "cancelDischarge" && (
          <>
            {" · "}
            <PatientLine patient={last.patient} />
          </>
        )}
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
      {discharged && doing === "discharge" ? (
        <Discharged onTakeBack={() => setDoing("cancelDischarge")} onClose={onClose} />
      ) : doing === null ? (
        <Stack gap="xs">
          {doings(bed, viewer.scopes, course.takings).map((one, index) => (
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
        <FormOf
          doing={doing}
          bed={bed}
          last={last}
          onClose={onClose}
          onDischarged={() => setDischarged(true)}
          onBack={() => setDoing(discharged ? "discharge" : null)}
        />
      )}
    </RecordDialog>
  );
}
