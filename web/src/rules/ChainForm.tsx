import { Button, CloseButton, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOf } from "../api/errors";
import { useRefusal } from "../app/refusal";
import { SetEscalationChainDocument, type ChainInForceFragment, type EscalationAudience } from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";

const AUDIENCES = ["WARD_NURSE_AND_ORDERING_CLINICIAN", "CHARGE_NURSE", "ON_CALL_DOCTOR", "ATTENDING", "REPORT"] as const;

interface TypedStep {
  readonly id: number;
  readonly after: string;
  readonly audience: EscalationAudience;
}

interface ChainFormProps {
  /** The chain that is in force there now, whosever it is. */
  readonly chain: ChainInForceFragment;
  /** Whose chain is set; null for that of the hospital. */
  readonly ward: string | null;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** The steps of a chain, as a whole. */
export function ChainForm({ chain, ward, onClose, onDone }: ChainFormProps) {
  const { t } = useTranslation(["rules", "app", "clinical"]);
  const [steps, setSteps] = useState<readonly TypedStep[]>(() =>
    (chain.steps ?? []).map(({ level, afterMinutes, audience }) => ({ id: level, after: String(afterMinutes), audience })),
  );
  const refusal = useRefusal([]);
  const [{ fetching }, set] = useMutation(SetEscalationChainDocument);
  const faulty = steps.some(({ after }) => !/^\d{1,4}$/.test(after.trim()));
  const seen = (chain.ward?.code ?? null) === ward ? chain.version : 0;

  function change(id: number, part: Partial<TypedStep>) {
    setSteps(steps.map((step) => (step.id === id ? { ...step, ...part } : step)));
  }

  function add() {
    const id = Math.max(0, ...steps.map((step) => step.id)) + 1;
    // Before the last one, which is the breach.
    setSteps([...steps.slice(0, -1), { id, after: "", audience: "ATTENDING" }, ...steps.slice(-1)]);
  }

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    if (faulty) return;
    const input = {
      urgency: chain.urgency,
      ward,
      version: seen,
      steps: steps.map(({ after, audience }) => ({ afterMinutes: Number(after), audience })),
    };
    const { data, error } = await set({ input });
    if (data) onDone();
    else refusal.set(problemOf(error));
  }

  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      closeOnClickOutside={false}
      title={t("chain.formTitle", { urgency: t(`clinical:urgency.${chain.urgency}`), of: ward ?? t("chain.hospital") })}
      closeButtonProps={{ "aria-label": t("app:word.close") }}
    >
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="xs">
          <Text size="sm">{t("chain.formText")}</Text>
          {steps.map((step, at) => (
            <Group key={step.id} gap="xs" align="end" wrap="nowrap" role="group" aria-label={t("chain.step", { n: at + 1 })}>
              <TextInput
                label={t("chain.minutes")}
                inputMode="numeric"
                w={90}
                required
                value={step.after}
                error={/^\d{0,4}$/.test(step.after.trim()) ? null : t("noNumber")}
                onChange={(event) => change(step.id, { after: event.currentTarget.value })}
              />
              <NativeSelect
                label={t("chain.audience")}
                flex={1}
                value={step.audience}
                data={AUDIENCES.map((one) => ({ value: one, label: one === "REPORT" ? t("chain.breach") : t(`clinical:audience.${one}`) }))}
                onChange={(event) => change(step.id, { audience: event.currentTarget.value as EscalationAudience })}
              />
              <CloseButton
                size="lg"
                aria-label={t("chain.removeStep", { n: at + 1 })}
                disabled={steps.length <= 2}
                onClick={() => setSteps(steps.filter(({ id }) => id !== step.id))}
              />
            </Group>
          ))}
          <div>
            <Button size="xs" variant="default" onClick={add}>
              {t("chain.addStep")}
            </Button>
          </div>
          <ProblemNote problem={refusal.general} />
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t("app:word.cancel")}
            </Button>
            <Button type="submit" loading={fetching}>
              {t("putInForce")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
