import { Group, NativeSelect, SimpleGrid, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useWards } from "../ui/useWards";
import { AGE_UNITS, type AgeUnit } from "./age";
import type { Draft } from "./draft";

interface RuleFieldsProps {
  readonly draft: Draft;
  /** A new rule has a key to choose. */
  readonly isNew: boolean;
  /** What is wrong with a field, by its name in the API. */
  readonly wrong: (field: string) => string | null;
  readonly onChange: (part: Partial<Draft>) => void;
}

const SEXES = ["FEMALE", "MALE"] as const;

/** The fields of a rule. */
export function RuleFields({ draft, isNew, wrong, onChange }: RuleFieldsProps) {
  const { t } = useTranslation(["rules", "clinical"]);
  const wards = useWards();

  function text(name: keyof Draft, field: string, more: { readonly required?: boolean; readonly hint?: string; readonly dir?: "ltr" } = {}) {
    return (
      <TextInput
        label={t(`field.${name}` as "field.test")}
        // A line from right to left would turn codes round.
        styles={more.dir ? { input: { direction: more.dir } } : {}}
        description={more.hint}
        required={more.required ?? false}
        inputWrapperOrder={["label", "input", "description", "error"]}
        value={draft[name]}
        error={wrong(field)}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange({ [name]: event.currentTarget.value })}
      />
    );
  }

  function limit(side: "low" | "high", comparators: readonly string[]) {
    return (
      <Group gap="xs" align="start" wrap="nowrap">
        <NativeSelect
          label={t(`field.${side}Comparator`)}
          // A line from right to left would turn the sign round.
          dir="ltr"
          data={comparators.map((one) => ({ value: one, label: one.replace("<=", "≤").replace(">=", "≥") }))}
          w={90}
          value={draft[`${side}Comparator`]}
          error={wrong(`rule.${side}Comparator`)}
          onChange={(event) => onChange({ [`${side}Comparator`]: event.currentTarget.value })}
        />
        <TextInput
          label={t(`field.${side}`)}
          inputMode="decimal"
          flex={1}
          value={draft[side]}
          error={wrong(`rule.${side}`)}
          onChange={(event) => onChange({ [side]: event.currentTarget.value })}
        />
      </Group>
    );
  }

  function age(end: "min" | "max") {
    return (
      <Group gap="xs" align="start" wrap="nowrap">
        <TextInput
          label={t(`field.${end}Age`)}
          inputMode="decimal"
          flex={1}
          value={draft[`${end}Age`]}
          error={wrong(`rule.${end}AgeHours`)}
          onChange={(event) => onChange({ [`${end}Age`]: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label={t(`field.${end}AgeUnit`)}
          mt="1.55rem"
          data={AGE_UNITS.map((unit) => ({ value: unit, label: t(`ageUnit.${unit}`) }))}
          w={110}
          value={draft[`${end}AgeUnit`]}
          onChange={(event) => onChange({ [`${end}AgeUnit`]: event.currentTarget.value as AgeUnit })}
        />
      </Group>
    );
  }

  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2, md: isNew ? 4 : 3 }} spacing="sm" verticalSpacing="sm">
        {isNew && text("key", "key", { required: true, hint: t("hint.key"), dir: "ltr" })}
        {text("test", "rule.test", { required: true })}
        {text("codes", "rule.codes", { required: true, hint: t("hint.codes"), dir: "ltr" })}
        {text("unit", "rule.unit", { required: true, hint: t("hint.unit"), dir: "ltr" })}
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm" verticalSpacing="sm">
        {limit("low", ["<", "<="])}
        {limit("high", [">", ">="])}
        <NativeSelect
          label={t("field.sex")}
          data={[{ value: "", label: t("anySex") }, ...SEXES.map((sex) => ({ value: sex, label: t(`clinical:sex.${sex}`) }))]}
          value={draft.sex}
          error={wrong("rule.sex")}
          onChange={(event) => onChange({ sex: event.currentTarget.value })}
        />
        {age("min")}
        {age("max")}
        {text("specimen", "rule.specimen", { hint: t("hint.specimen") })}
        <NativeSelect
          label={t("field.ward")}
          data={[{ value: "", label: t("filter.allWards") }, ...wards.map(({ code, name }) => ({ value: code, label: `${code} · ${name}` }))]}
          value={draft.ward}
          error={wrong("rule.ward")}
          onChange={(event) => onChange({ ward: event.currentTarget.value })}
        />
        {text("repeatWindow", "rule.repeatWindowMinutes", { required: true, hint: t("hint.repeatWindow") })}
        {text("source", "rule.source", { required: true, hint: t("hint.source") })}
      </SimpleGrid>
    </>
  );
}
