import { Alert, Autocomplete, Checkbox, NativeSelect, NumberInput, SimpleGrid, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { OrderMedicationDocument } from "../generated/graphql";
import { plainNumber } from "./measurements";
import { momentOf } from "./moment";
import { FREQUENCIES, isFrequency, ROUTES, timesOf, UNITS, USUAL_TIMES } from "./prescribing";
import { RecordForm } from "./RecordForm";
import { useSending } from "./useSending";

const FIELDS = [
  "drug", "code", "dose", "doseUnit", "route", "frequency", "times", "asNeededReason", "maxPerDay", "startsAt", "endsAt", "overrideReason",
] as const;

const EMPTY = {
  drug: "", code: "", dose: "", doseUnit: "mg", route: "PO", frequency: "QD", times: "", asNeededReason: "", maxPerDay: "",
  startsAt: "", endsAt: "", overrideReason: "",
};

type Name = keyof typeof EMPTY;

interface OrderFormProps {
  readonly patientId: string;
  readonly onOrdered: () => void;
  readonly onBack: () => void;
}

/** A new order. What speaks against it is shown as the API says it, and holds it back until somebody says why all the same. */
export function OrderForm({ patientId, onOrdered, onBack }: OrderFormProps) {
  const { t } = useTranslation("record");
  const [values, setValues] = useState(EMPTY);
  const [asNeeded, setAsNeeded] = useState(false);
  const [draft, setDraft] = useState(false);
  const [wrong, setWrong] = useState<Readonly<Partial<Record<Name, string>>>>({});
  const sending = useSending(FIELDS);
  const [, order] = useMutation(OrderMedicationDocument);
  const { warnings } = sending.refusal;
  const often = isFrequency(values.frequency) ? values.frequency : null;

  function set(name: Name, value: string) {
    setValues((before) => ({ ...before, [name]: value }));
    setWrong((before) => ({ ...before, [name]: undefined }));
  }

  function faults(): Partial<Record<Name, string>> {
    return {
      ...(values.drug.trim() === "" && { drug: t("needed") }),
      ...(values.dose.trim() !== "" && plainNumber(values.dose) === null && { dose: t("vitals.notANumber") }),
      ...(values.dose.trim() !== "" && values.doseUnit.trim() === "" && { doseUnit: t("needed") }),
      ...(asNeeded && values.asNeededReason.trim() === "" && { asNeededReason: t("needed") }),
      ...(warnings.length > 0 && values.overrideReason.trim() === "" && { overrideReason: t("needed") }),
    };
  }

  async function submit() {
    const found = faults();
    setWrong(found);
    if (Object.keys(found).length > 0) return;
    const dose = plainNumber(values.dose);
    const times = timesOf(values.times);
    const input = {
      patientId,
      drug: values.drug.trim(),
      code: values.code.trim() || null,
      dose,
      doseUnit: dose === null ? null : values.doseUnit.trim(),
      route: values.route || null,
      frequency: values.frequency || null,
      times: asNeeded || times.length === 0 ? null : times,
      asNeeded,
      asNeededReason: asNeeded ? values.asNeededReason.trim() : null,
      maxPerDay: asNeeded && values.maxPerDay !== "" ? Number(values.maxPerDay) : null,
      startsAt: momentOf(values.startsAt),
      endsAt: momentOf(values.endsAt),
      draft,
      overrideReason: values.overrideReason.trim() || null,
    };
    if ((await sending.send((idempotencyKey) => order({ input: { ...input, idempotencyKey } }))) !== null) onOrdered();
  }

  function field(name: Name) {
    return {
      label: t(`order.${name}`),
      value: values[name],
      error: wrong[name] ?? sending.errorAt(name),
      onChange: (event: { readonly currentTarget: { readonly value: string } }) => set(name, event.currentTarget.value),
    };
  }

  const none = { value: "", label: t("order.notSaid") };
  return (
    <RecordForm
      sending={warnings.length > 0 ? { ...sending, problem: null } : sending}
      submit={t(warnings.length > 0 ? "order.anyway" : "order.submit")}
      danger={warnings.length > 0}
      onSubmit={() => void submit()}
      onBack={onBack}
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput {...field("drug")} required autoComplete="off" data-autofocus />
        <TextInput {...field("code")} autoComplete="off" />
        <TextInput {...field("dose")} inputMode="decimal" autoComplete="off" />
        <Autocomplete {...field("doseUnit")} onChange={(value) => set("doseUnit", value)} data={[...UNITS]} limit={12} />
        <NativeSelect {...field("route")} data={[none, ...ROUTES.map((one) => ({ value: one, label: `${one} · ${t(`route.${one}`)}` }))]} />
        <NativeSelect {...field("frequency")} data={[none, ...FREQUENCIES.map((one) => ({ value: one, label: `${one} · ${t(`frequency.${one}`)}` }))]} />
        {!asNeeded && often && (
          <TextInput
            {...field("times")}
            description={t("order.timesHint", { times: USUAL_TIMES[often].join(", ") })}
            inputWrapperOrder={["label", "input", "error", "description"]}
            autoComplete="off"
          />
        )}
        <TextInput {...field("startsAt")} type="datetime-local" />
        <TextInput {...field("endsAt")} type="datetime-local" />
      </SimpleGrid>
      <Checkbox label={t("order.asNeeded")} checked={asNeeded} onChange={(event) => setAsNeeded(event.currentTarget.checked)} />
      {asNeeded && (
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <TextInput {...field("asNeededReason")} required autoComplete="off" />
          <NumberInput
            label={t("order.maxPerDay")}
            value={values.maxPerDay}
            onChange={(value) => set("maxPerDay", String(value))}
            min={1}
            max={96}
            allowDecimal={false}
            hideControls
            error={sending.errorAt("maxPerDay")}
          />
        </SimpleGrid>
      )}
      <Checkbox label={t("order.draft")} checked={draft} onChange={(event) => setDraft(event.currentTarget.checked)} />
      <div role="alert">
        {warnings.length > 0 && (
          <Alert color="red" variant="light" title={t("order.warned")}>
            <ul>
              {warnings.map((warning, index) => (
                <li key={`${warning.kind} ${index}`}>
                  <strong>{t(`warning.${warning.kind}` as "warning.DUPLICATE_DRUG", { defaultValue: warning.kind })}</strong>
                  {warning.severity && ` (${t(`severity.${warning.severity}` as "severity.HIGH", { defaultValue: warning.severity })})`}
                  {warning.message && <>: {warning.message}</>}
                </li>
              ))}
            </ul>
          </Alert>
        )}
      </div>
      {warnings.length > 0 && <Textarea {...field("overrideReason")} required autosize minRows={2} maxLength={2000} />}
    </RecordForm>
  );
}
