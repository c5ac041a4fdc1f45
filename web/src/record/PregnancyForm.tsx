import { Checkbox, SimpleGrid, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { EndPregnancyDocument, RecordPregnancyDocument } from "../generated/graphql";
import type { Pregnancy } from "./PrecautionList";
import { RecordForm } from "./RecordForm";
import { useSending } from "./useSending";

interface Ways {
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** In a pregnancy NEWS2 is not used, so it is recorded before the next set. */
export function PregnancyForm({ patientId, onDone, onBack }: Ways & { readonly patientId: string }) {
  const { t } = useTranslation("record");
  const [expectedDelivery, setExpectedDelivery] = useState("");
  const [onset, setOnset] = useState("");
  const sending = useSending(["expectedDelivery", "onset"]);
  const [, record] = useMutation(RecordPregnancyDocument);

  async function submit() {
    const input = { patientId, onset: onset || null, expectedDelivery: expectedDelivery || null };
    if ((await sending.send((idempotencyKey) => record({ input: { ...input, idempotencyKey } }))) !== null) onDone();
  }

  return (
    <RecordForm sending={sending} submit={t("precautions.pregnant")} onSubmit={() => void submit()} onBack={onBack}>
      <Text size="sm">{t("precautions.pregnantText")}</Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput
          type="date"
          label={t("precautions.expectedDelivery")}
          data-autofocus
          value={expectedDelivery}
          onChange={(event) => setExpectedDelivery(event.currentTarget.value)}
          error={sending.errorAt("expectedDelivery")}
        />
        <TextInput
          type="date"
          label={t("precautions.onset")}
          value={onset}
          onChange={(event) => setOnset(event.currentTarget.value)}
          error={sending.errorAt("onset")}
        />
      </SimpleGrid>
    </RecordForm>
  );
}

/** It has ended, or there was none. */
export function EndPregnancyForm({ pregnancy, onDone, onBack }: Ways & { readonly pregnancy: Pregnancy }) {
  const { t } = useTranslation("record");
  const [abatement, setAbatement] = useState("");
  const [inError, setInError] = useState(false);
  const sending = useSending(["abatement"]);
  const [, end] = useMutation(EndPregnancyDocument);

  async function submit() {
    const input = { pregnancyId: pregnancy.id, abatement: inError ? null : abatement || null, enteredInError: inError };
    if ((await sending.send((idempotencyKey) => end({ input: { ...input, idempotencyKey } }))) !== null) onDone();
  }

  return (
    <RecordForm sending={sending} submit={t("precautions.endPregnancy")} danger onSubmit={() => void submit()} onBack={onBack}>
      <Text size="sm">{t("precautions.endPregnancyText")}</Text>
      {!inError && (
        <TextInput
          type="date"
          label={t("precautions.abatement")}
          data-autofocus
          value={abatement}
          onChange={(event) => setAbatement(event.currentTarget.value)}
          error={sending.errorAt("abatement")}
        />
      )}
      <Checkbox label={t("precautions.inError")} checked={inError} onChange={(event) => setInError(event.currentTarget.checked)} />
    </RecordForm>
  );
}
