import { Loader } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useQuery } from "urql";

import { problemOf } from "../api/errors";
import { PrecautionsDocument } from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";
import { EndIsolationForm, IsolationForm } from "./IsolationForm";
import { PrecautionList, type PrecautionAsked } from "./PrecautionList";
import { EndPregnancyForm, PregnancyForm } from "./PregnancyForm";
import { RecordDialog } from "./RecordDialog";
import { ScaleForm } from "./ScaleForm";

interface PrecautionsDialogProps {
  readonly patientId: string;
  readonly whom: ReactNode;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

interface FormOfProps {
  readonly asked: PrecautionAsked;
  readonly patientId: string;
  readonly onDone: () => void;
  readonly onBack: () => void;
}

function FormOf({ asked, patientId, ...ways }: FormOfProps) {
  switch (asked.kind) {
    case "isolate":
      return <IsolationForm patientId={patientId} {...ways} />;
    case "endIsolation":
      return <EndIsolationForm isolation={asked.isolation} {...ways} />;
    case "scale":
      return <ScaleForm patientId={patientId} scale={asked.scale} {...ways} />;
    case "pregnant":
      return <PregnancyForm patientId={patientId} {...ways} />;
    case "endPregnancy":
      return <EndPregnancyForm pregnancy={asked.pregnancy} {...ways} />;
  }
}

/** What holds for how a patient is nursed and scored: seen in one place, and set by who may. */
export default function PrecautionsDialog({ patientId, whom, onChanged, onClose }: PrecautionsDialogProps) {
  const { t } = useTranslation("record");
  const [asked, setAsked] = useState<PrecautionAsked | null>(null);
  const [{ data, error }, again] = useQuery({ query: PrecautionsDocument, variables: { id: patientId } });
  const patient = data?.patient;

  function done() {
    setAsked(null);
    again();
    onChanged();
  }

  const title = [t("precautions.title"), asked && t(`precautions.${asked.kind}`)].filter(Boolean).join(" · ");
  return (
    <RecordDialog title={title} size="lg" onClose={onClose}>
      {whom}
      {asked === null ? (
        <>
          <ProblemNote problem={error && !data ? problemOf(error) : null} onAgain={again} />
          {patient ? <PrecautionList patient={patient} onAsk={setAsked} /> : !error && <Loader />}
        </>
      ) : (
        <FormOf asked={asked} patientId={patientId} onDone={done} onBack={() => setAsked(null)} />
      )}
    </RecordDialog>
  );
}
