import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOfSent } from "../api/errors";
import { keyAfter, newKey } from "../api/idempotency";
import { textOf } from "../app/form";
import { useRefusal } from "../app/refusal";
import {
  DiscontinueMedicationDocument,
  HoldMedicationDocument,
  ResumeMedicationDocument,
  StartMedicationDocument,
} from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";
import { ReasonField } from "../ui/ReasonField";
import type { Order, OrderAction } from "./doses";
import { ForWhom } from "./ForWhom";
import { useFocusBack } from "./useFocusBack";
import { Warnings } from "./Warnings";
import { useDosage } from "./useDosage";

export interface OrderAsked {
  readonly order: Order;
  readonly action: OrderAction;
}

interface OrderDialogProps {
  readonly asked: OrderAsked;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** The API wants a reason where the treatment is interrupted, and takes one where it goes on. */
const NEEDS_REASON: readonly OrderAction[] = ["hold", "stop"];

export function OrderDialog({ asked: { order, action }, onDone, onClose }: OrderDialogProps) {
  const { t } = useTranslation(["patient", "app"]);
  const dosage = useDosage();
  const [key, setKey] = useState(newKey);
  useFocusBack();
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [, hold] = useMutation(HoldMedicationDocument);
  const [, resume] = useMutation(ResumeMedicationDocument);
  const [, stop] = useMutation(DiscontinueMedicationDocument);
  const [, start] = useMutation(StartMedicationDocument);
  const goesOn = action === "start" || action === "resume";
  const unanswered = (order.currentWarnings ?? []).filter((warning) => warning.overriddenAt === null);
  const needsReason = NEEDS_REASON.includes(action);
  const [refused, setRefused] = useState(false);
  const asksOverride = goesOn && (unanswered.length > 0 || refused);
  const refusal = useRefusal([...(action === "start" ? [] : ["reason"]), ...(asksOverride ? ["overrideReason"] : [])]);

  function sent(reason: string, overrideReason: string | null) {
    const input = { medicationId: order.id, idempotencyKey: key };
    switch (action) {
      case "hold":
        return hold({ input: { ...input, reason } });
      case "stop":
        return stop({ input: { ...input, reason } });
      case "resume":
        return resume({ input: { ...input, reason: reason || null, overrideReason } });
      case "start":
        return start({ input: { ...input, overrideReason } });
    }
  }

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const reason = textOf(form, "reason").trim();
    setMissing(needsReason && reason === "");
    if (busy || (needsReason && reason === "")) return;
    setBusy(true);
    const { error } = await sent(reason, textOf(form, "overrideReason").trim() || null);
    setBusy(false);
    const problem = error ? problemOfSent(error) : null;
    refusal.set(problem);
    setKey(keyAfter(key, problem));
    setRefused(error !== undefined);
    if (!error) onDone();
  }

  return (
    <Modal opened onClose={onClose} closeOnClickOutside={false} title={t(`order.${action}Title`, { drug: order.drug })} closeButtonProps={{ "aria-label": t("app:word.close") }}>
      <ForWhom allergies />
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack gap="sm">
          <Text>
            <strong>{order.drug}</strong> {dosage(order)}
          </Text>
          {goesOn && <Warnings warnings={unanswered} />}
          {action !== "start" && (
            <ReasonField
              name="reason"
              label={t("order.reason")}
              required={needsReason}
              data-autofocus
              error={missing ? t("order.reasonNeeded") : refusal.at("reason")}
            />
          )}
          {asksOverride && (
            <ReasonField
              name="overrideReason"
              label={t("order.override")}
              description={t("order.overrideHint")}
              error={refusal.at("overrideReason")}
            />
          )}
          <ProblemNote problem={refusal.general} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("app:word.cancel")}
            </Button>
            <Button type="submit" loading={busy} {...(action === "stop" ? { color: "red" } : {})} data-autofocus={action === "start" || undefined}>
              {t(`order.${action}`)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
