import { Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";

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
    <Textarea
      label={t("override.label")}
      description={t("override.hint")}
      autosize
      minRows={2}
      maxLength={2000}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={refused}
    />
  );
}
