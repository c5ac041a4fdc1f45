import { Checkbox, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useFormat } from "../i18n/format";
import { LIMITS, type Field, type Verdict } from "./measurements";
import { Points } from "./Points";

interface MeasurementProps {
  readonly field: Field;
  readonly typed: string;
  readonly verdict: Verdict;
  readonly points: number | undefined;
  readonly confirmed: boolean;
  /** What the API says of it. */
  readonly refused: string | null;
  /** The newest value before this one. */
  readonly last: string | null;
  readonly onType: (typed: string) => void;
  readonly onConfirm: (confirmed: boolean) => void;
}

/** One value: judged as it is typed, and confirmed where it can be although it is not likely. */
export function Measurement({ field, typed, verdict, points, confirmed, refused, last, onType, onConfirm }: MeasurementProps) {
  const { t } = useTranslation(["record", "clinical"]);
  const format = useFormat();
  const { parameter, unit: sign, whole, low, high, lowest, highest } = LIMITS[field];
  // A unit is read from left to right in every language.
  const unit = `\u2066${sign}\u2069`;
  const name = t(`clinical:parameter.${parameter}`);

  function wrong(): string | null {
    switch (verdict) {
      case "empty":
      case "right":
        return refused;
      case "notANumber":
        return t("vitals.notANumber");
      case "notWhole":
        return t("vitals.notWhole");
      case "impossible":
        return t("vitals.impossible", { low: format.decimal(lowest), high: format.decimal(highest), unit });
      case "implausible":
        return confirmed ? refused : t("vitals.implausible", { low: format.decimal(low), high: format.decimal(high), unit });
      case "overSystolic":
        return t("vitals.overSystolic");
    }
  }

  return (
    <div>
      <TextInput
        name={field}
        label={
          <>
            {name} <Points points={points} />
          </>
        }
        aria-label={name}
        description={last === null ? undefined : t("vitals.last", { value: format.decimal(last) })}
        inputWrapperOrder={["label", "input", "error", "description"]}
        inputMode={whole ? "numeric" : "decimal"}
        autoComplete="off"
        rightSection={
          <Text size="sm" c="dimmed" component="bdi" dir="ltr" aria-hidden="true">
            {sign}
          </Text>
        }
        rightSectionWidth={56}
        rightSectionPointerEvents="none"
        value={typed}
        onChange={(event) => onType(event.currentTarget.value)}
        error={wrong()}
      />
      {verdict === "implausible" && (
        <Checkbox
          mt={4}
          size="sm"
          label={t("vitals.confirm")}
          aria-label={t("vitals.confirmLabel", { what: name })}
          checked={confirmed}
          onChange={(event) => onConfirm(event.currentTarget.checked)}
        />
      )}
    </div>
  );
}
