import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useMay } from "../live/Live";
import { OrderForm } from "./OrderForm";
import { RecordDialog } from "./RecordDialog";

interface OrderMedicationProps {
  readonly patientId: string;
  /** Who that is, said over the form. */
  readonly whom: ReactNode;
  readonly onOrdered: () => void;
}

/** The way to a new order, from the medication of a chart; not there where the role may not. */
export function OrderMedication({ patientId, whom, onOrdered }: OrderMedicationProps) {
  const { t } = useTranslation("record");
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  if (!useMay("medication:order")) return null;
  return (
    <>
      <Button size="xs" onClick={() => setOpen(true)} aria-haspopup="dialog">
        {t("order.open")}
      </Button>
      {open && (
        <RecordDialog title={t("order.title")} size="lg" onClose={close}>
          {whom}
          <OrderForm
            patientId={patientId}
            onBack={close}
            onOrdered={() => {
              close();
              onOrdered();
            }}
          />
        </RecordDialog>
      )}
    </>
  );
}
