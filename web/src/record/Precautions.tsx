import { Button } from "@mantine/core";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { patiently } from "../app/patiently";
import { useLive } from "../live/Live";

const PrecautionsDialog = lazy(() => patiently(() => import("./PrecautionsDialog")));

const SCOPES = ["isolation:set", "isolation:end", "spo2-scale:set", "pregnancy:record"];

interface PrecautionsProps {
  readonly patientId: string;
  /** Who that is, said over the list and each form. */
  readonly whom: ReactNode;
  readonly onChanged: () => void;
}

/** The way to isolation, SpO₂ scale and pregnancy, from the chart; not there where the role may change none of them. */
export function Precautions({ patientId, whom, onChanged }: PrecautionsProps) {
  const { t } = useTranslation("record");
  const { viewer } = useLive();
  const [open, setOpen] = useState(false);
  if (!SCOPES.some((scope) => viewer.scopes.includes(scope))) return null;
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpen(true)} aria-haspopup="dialog" title={t("precautions.title")}>
        {t("precautions.open")}
      </Button>
      <Suspense fallback={null}>
        {open && <PrecautionsDialog patientId={patientId} whom={whom} onChanged={onChanged} onClose={() => setOpen(false)} />}
      </Suspense>
    </>
  );
}
