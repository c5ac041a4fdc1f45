import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useMay } from "../live/Live";
import { RecordDialog } from "./RecordDialog";
import { VitalsForm } from "./VitalsForm";

interface RecordVitalsProps {
  readonly patientId: string;
  /** Who that is, said over the form. */
  readonly whom: ReactNode;
  readonly onRecorded: () => void;
}

/** The way to a new set of vital signs, from the chart; not there where the role may not. */
export function RecordVitals({ patientId, whom, onRecorded }: RecordVitalsProps) {
  const { t } = useTranslation("record");
  const [open, setOpen] = useState(false);
  if (!useMay("vitals:record")) return null;
  return (
    <>
      <Button size="xs" onClick={() => setOpen(true)} aria-haspopup="dialog">
        {t("vitals.open")}
      </Button>
      {open && (
        <RecordDialog title={t("vitals.title")} size="lg" onClose={() => setOpen(false)}>
          {whom}
          <VitalsForm patientId={patientId} onClose={() => setOpen(false)} onRecorded={onRecorded} />
        </RecordDialog>
      )}
    </>
  );
}
