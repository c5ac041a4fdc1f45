import { NativeSelect, SimpleGrid, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { EndIsolationDocument, SetIsolationDocument, type IsolationKind } from "../generated/graphql";
import { ReasonField } from "../ui/ReasonField";
import { momentOf } from "./moment";
import type { Isolation } from "./PrecautionList";
import { RecordForm } from "./RecordForm";
import { useSending } from "./useSending";

const KINDS: readonly IsolationKind[] = ["CONTACT", "DROPLET", "AIRBORNE", "PROTECTIVE"];

interface Ways {
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** A new isolation; of a kind that is in force already, its reason and end are said anew. */
export function IsolationForm({ patientId, onDone, onBack }: Ways & { readonly patientId: string }) {
  const { t } = useTranslation(["record", "clinical"]);
  const [kind, setKind] = useState<IsolationKind>("CONTACT");
  const [reason, setReason] = useState("");
  const [since, setSince] = useState("");
  const [expectedEnd, setExpectedEnd] = useState("");
  const [tried, setTried] = useState(false);
  const sending = useSending(["kind", "reason", "since", "expectedEnd"]);
  const [, set] = useMutation(SetIsolationDocument);
  const lacksReason = reason.trim() === "";

  async function submit() {
    setTried(true);
    if (lacksReason) return;
    const input = { patientId, kind, reason: reason.trim(), since: momentOf(since), expectedEnd: momentOf(expectedEnd) };
    if ((await sending.send((idempotencyKey) => set({ input: { ...input, idempotencyKey } }))) !== null) onDone();
  }

  return (
    <RecordForm sending={sending} submit={t("precautions.isolate")} onSubmit={() => void submit()} onBack={onBack}>
      <NativeSelect
        label={t("precautions.kind")}
        data-autofocus
        value={kind}
        onChange={(event) => setKind(KINDS.find((one) => one === event.currentTarget.value) ?? kind)}
        data={KINDS.map((one) => ({ value: one, label: t(`clinical:isolation.${one}`) }))}
        error={sending.errorAt("kind")}
      />
      <ReasonField
        label={t("reason")}
        required
        value={reason}
        onChange={setReason}
        error={tried && lacksReason ? t("needed") : sending.errorAt("reason")}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput
          type="datetime-local"
          label={t("precautions.from")}
          value={since}
          onChange={(event) => setSince(event.currentTarget.value)}
          error={sending.errorAt("since")}
        />
        <TextInput
          type="datetime-local"
          label={t("precautions.expectedEnd")}
          value={expectedEnd}
          onChange={(event) => setExpectedEnd(event.currentTarget.value)}
          error={sending.errorAt("expectedEnd")}
        />
      </SimpleGrid>
    </RecordForm>
  );
}

export function EndIsolationForm({ isolation, onDone, onBack }: Ways & { readonly isolation: Isolation }) {
  const { t } = useTranslation(["record", "clinical"]);
  const sending = useSending([]);
  const [, end] = useMutation(EndIsolationDocument);

  async function submit() {
    const done = await sending.send((idempotencyKey) => end({ input: { isolationId: isolation.id, idempotencyKey } }));
    if (done !== null) onDone();
  }

  return (
    <RecordForm sending={sending} submit={t("precautions.endIsolation")} danger onSubmit={() => void submit()} onBack={onBack}>
      <Text fw={600}>{t(`clinical:isolation.${isolation.kind}`)}</Text>
      <Text size="sm">{t("precautions.endText")}</Text>
    </RecordForm>
  );
}
