import { useTranslation } from "react-i18next";

import { ReasonField } from "../ui/ReasonField";

interface OverrideReasonProps {
  readonly value: string;
  /** What the API says; the field is there from then on. */
  readonly refused: string | null;
  /** What speaks against it is known before. */
  readonly expected?: boolean;
  readonly onChange: (value: string) => void;
}

/** Why it is done all the same: asked where something speaks against it. */
export function OverrideReason({ value, refused, expected = false, onChange }: OverrideReasonProps) {
  const { t } = useTranslation("record");
  if (refused === null && value === "" && !expected) return null;
  return (
    <ReasonField
      label={t("override.label")}
      description={t("override.hint")}
      value={value}
      onChange={onChange}
      error={refused}
    />
  );
}
