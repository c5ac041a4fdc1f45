import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { nextAllowedAt, problemOfSent } from "../api/errors";
import { keyAfter, newKey } from "../api/idempotency";
import { useNow } from "../app/clock";
import { textOf } from "../app/form";
import { useRefusal } from "../app/refusal";
import { typedNumber } from "../format/result";
import { millis } from "../format/time";
import { RecordAdministrationDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { ProblemNote } from "../ui/Problem";
import type { Order } from "./doses";
import { ForWhom } from "./ForWhom";
import { useFocusBack } from "./useFocusBack";
import { useDosage } from "./useDosage";

/** A dose that somebody says was given, or was not. `dueAt` is null where the order has no times. */
export interface DoseAsked {
  readonly order: Order;
  readonly dueAt: string | null;
  readonly status: "GIVEN" | "NOT_GIVEN";
}

const REASONS = ["refused", "nil", "absent", "unavailable", "condition"] as const;

interface DoseDialogProps {
  readonly asked: DoseAsked;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** "2026-03-03T14:05" of the machine's own zone, as the field wants it. */
function local(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function DoseDialog({ asked, onDone, onClose }: DoseDialogProps) {
  const { t } = useTranslation(["patient", "app"]);
  const format = useFormat();
  const dosage = useDosage();
  const now = useNow();
  const { order, dueAt, status } = asked;
  const given = status === "GIVEN";
  const [key, setKey] = useState(newKey);
  useFocusBack();
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState<"dose" | "reason" | null>(null);
  const refusal = useRefusal(given ? ["dose", "givenAt", "reason"] : ["reason"]);
  const [allowed, setAllowed] = useState<number | null>(null);
  const [{ fetching }, record] = useMutation(RecordAdministrationDocument);
  const due = millis(dueAt);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (fetching) return;
    const form = new FormData(event.currentTarget);
    const typed = textOf(form, "dose").trim();
    const dose = typed === "" ? null : typedNumber(typed);
    const at = textOf(form, "at");
    if (given && typed !== "" && dose === null) {
      setWrong("dose");
      return;
    }
    if (!given && reason.trim() === "") {
      setWrong("reason");
      return;
    }
    setWrong(null);
    const { error } = await record({
      input: {
        medicationId: order.id,
        status,
        dueAt,
        givenAt: at === "" ? null : new Date(at).toISOString(),
        dose: given ? dose : null,
        doseUnit: given && dose !== null ? order.doseUnit : null,
        reason: reason.trim() || null,
        idempotencyKey: key,
      },
    });
    const problem = error ? problemOfSent(error) : null;
    refusal.set(problem);
    setKey(keyAfter(key, problem));
    setAllowed(millis(nextAllowedAt(error)));
    if (!error) onDone();
  }

  return (
    <Modal opened onClose={onClose} closeOnClickOutside={false} title={t(given ? "dose.give" : "dose.notGive", { drug: order.drug })} closeButtonProps={{ "aria-label": t("app:word.close") }}>
      <ForWhom allergies />
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack gap="sm">
          <Text>
            <strong>{order.drug}</strong> {dosage(order)}
            {due !== null && <> · {t("dose.due", { time: format.clock(due, now) })}</>}
          </Text>
          {order.asNeeded && order.asNeededReason && <Text size="sm">{t("order.asNeeded", { reason: order.asNeededReason })}</Text>}
          {given && (
            <TextInput
              name="dose"
              label={t("dose.amount")}
              rightSection={<Text size="sm">{order.doseUnit}</Text>}
              rightSectionWidth={64}
              defaultValue={order.dose ?? ""}
              inputMode="decimal"
              autoComplete="off"
              error={wrong === "dose" ? t("dose.noNumber") : refusal.at("dose")}
            />
          )}
          {given && (
            <TextInput
              name="at"
              type="datetime-local"
              label={t("dose.at")}
              description={t("dose.atHint")}
              max={local(now + 60_000)}
              error={refusal.at("givenAt")}
            />
          )}
          <TextInput
            name="reason"
            label={given ? t("dose.remark") : t("dose.reason")}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            required={!given}
            data-autofocus={!given || undefined}
            autoComplete="off"
            maxLength={2000}
            error={wrong === "reason" ? t("dose.reasonNeeded") : refusal.at("reason")}
          />
          {!given && (
            <Group gap={6}>
              {REASONS.map((one) => (
                <Button key={one} size="compact-sm" variant="default" onClick={() => setReason(t(`dose.reasons.${one}`))}>
                  {t(`dose.reasons.${one}`)}
                </Button>
              ))}
            </Group>
          )}
          <ProblemNote problem={refusal.general} />
          {allowed !== null && <Text fw={600}>{t("dose.nextAllowed", { time: format.clock(allowed, now) })}</Text>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("app:word.cancel")}
            </Button>
            <Button type="submit" loading={fetching} data-autofocus={given || undefined}>
              {t(given ? "dose.confirm" : "dose.confirmNot")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
