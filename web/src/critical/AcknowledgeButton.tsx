import { Button, Kbd, VisuallyHidden, type ButtonProps } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { finding } from "../format/result";
import { patientName } from "../format/patient";
import { useFormat } from "../i18n/format";
import { useMay } from "../live/Live";
import { asked } from "./asked";
import type { Critical } from "./open";

interface AcknowledgeButtonProps extends Omit<ButtonProps, "children"> {
  readonly critical: Pick<Critical, "id" | "kind" | "rule" | "labResult" | "patient">;
  /** The key that does the same, where there is one. */
  readonly shortcut?: string;
}

/** Opens the read-back of a critical result, on any page; nothing for who may not acknowledge. */
export function AcknowledgeButton({ critical, shortcut, ...props }: AcknowledgeButtonProps) {
  const { t } = useTranslation("critical");
  const { decimal } = useFormat();
  if (!useMay("critical-result:acknowledge")) return null;
  const what = finding(critical, decimal) ?? t("notShown.result");
  const who = critical.patient ? patientName(critical.patient) : t("notShown.patient");
  return (
    <Button
      {...props}
      data-acknowledge={critical.id}
      onClick={() => asked.ask(critical.id)}
      rightSection={shortcut && <Kbd size="xs" aria-hidden="true" visibleFrom="md">{shortcut}</Kbd>}
    >
      {t("acknowledge.button")}
      <VisuallyHidden>{t("acknowledge.of", { what, who })}</VisuallyHidden>
    </Button>
  );
}
