import { NativeSelect, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { Filters } from "../ui/Filters";
import { useWards } from "../ui/useWards";
import { PERIODS, type Period, type PeriodFault } from "./period";

interface PeriodFormProps {
  readonly period: Period;
  readonly ward: string | null;
  readonly fault: PeriodFault | null;
  /** Parts of the address; null takes one away. */
  readonly onChoose: (changes: Readonly<Record<string, string | null>>) => void;
}

/** Which period and which ward; the report follows at once. */
export function PeriodForm({ period, ward, fault, onChoose }: PeriodFormProps) {
  const { t } = useTranslation("report");
  const wards = useWards();
  const own = period.name === "own";
  const codes = wards.map(({ code, name }) => ({ value: code, label: `${code} · ${name}` }));
  if (ward !== null && wards.every(({ code }) => code !== ward)) codes.push({ value: ward, label: ward });
  return (
    <Filters label={t("choose")}>
      <NativeSelect
        label={t("period.label")}
        value={period.name}
        data={PERIODS.map((name) => ({ value: name, label: t(`period.${name}`) }))}
        onChange={({ currentTarget: { value } }) =>
          onChoose({
            period: value,
            from: value === "own" ? period.first : null,
            to: value === "own" ? period.last : null,
          })
        }
      />
      {own && (
        <>
          <TextInput
            type="date"
            label={t("period.from")}
            value={period.first}
            onChange={({ currentTarget: { value } }) => value !== "" && onChoose({ from: value })}
          />
          <TextInput
            type="date"
            label={t("period.to")}
            value={period.last}
            error={fault === null ? null : t(`fault.${fault}`)}
            onChange={({ currentTarget: { value } }) => value !== "" && onChoose({ to: value })}
          />
        </>
      )}
      <NativeSelect
        label={t("ward")}
        value={ward ?? ""}
        data={[{ value: "", label: t("allWards") }, ...codes]}
        onChange={({ currentTarget: { value } }) => onChoose({ ward: value === "" ? null : value })}
      />
    </Filters>
  );
}
