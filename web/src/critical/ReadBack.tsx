import { Alert, Button, Group, Text, TextInput } from "@mantine/core";
import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { problemOf } from "../api/errors";
import { textOf } from "../app/form";
import { resultValue, unitName } from "../format/result";
import { AcknowledgeCriticalResultDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useLive } from "../live/Live";
import { useProblem } from "../ui/Problem";
import { asked } from "./asked";
import type { Critical } from "./open";
import { refusalOf, typedOf, whatOf } from "./readBack";

interface ReadBackProps {
  readonly critical: Critical;
  /** False where it was acknowledged or withdrawn while somebody was typing. */
  readonly open: boolean;
  /** The server says that it is open no more: read again who was first. */
  readonly onClosed: () => void;
}

/** Said where the value changed under the hand of who types: the one that was read is not the one that counts. */
function Changed({ critical }: { readonly critical: Critical }) {
  const { t } = useTranslation("critical");
  const { decimal } = useFormat();
  const now = critical.labResult ? (resultValue(critical.labResult, decimal) ?? "") : critical.rule;
  const [first] = useState(now);
  return (
    <div role="alert">{now !== first && <Alert color="red" mt="md">{t("readBack.changed", { before: first, now })}</Alert>}</div>
  );
}

/** The form in which the value is read back: what was read is typed, never taken over by a click. */
export function ReadBack({ critical, open, onClosed }: ReadBackProps) {
  const { t } = useTranslation(["critical", "app"]);
  const { client, criticals } = useLive();
  const say = useProblem();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const unit = critical.labResult?.unit && unitName(critical.labResult.unit);
  const what = whatOf(critical);

  useEffect(() => {
    // The field is selected for the next try once the problem stands under it.
    if (problem !== null) field.current?.select();
  }, [problem]);

  async function acknowledge(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy || !open) return;
    const values = new FormData(event.currentTarget);
    const typed = textOf(values, "readBack");
    const given = typedOf(what, typed, textOf(values, "note"));
    setProblem(null);
    if (given === null) {
      setProblem(t(`readBack.${what}.wrong`));
      return;
    }
    setBusy(true);
    const { data, error } = await client
      .mutation(AcknowledgeCriticalResultDocument, { input: { criticalResultId: critical.id, ...given } })
      .toPromise();
    setBusy(false);
    // Refused fields of the answer come beside data; only an answer without the result is a refusal of the mutation.
    const acknowledged = data?.acknowledgeCriticalResult.criticalResult;
    if (acknowledged) {
      criticals.acknowledged(acknowledged);
      asked.end(critical.id);
      return;
    }
    const refusal = refusalOf(error);
    if (refusal === "closed") onClosed();
    if (refusal === "other") setProblem(t("refusal.other", { why: say(problemOf(error)) }));
    else if (refusal === "differs") setProblem(t(`refusal.differs.${what}`, { typed: typed.trim() }));
    else setProblem(t(`refusal.${refusal}`));
  }

  return (
    <form onSubmit={(event) => void acknowledge(event)} noValidate>
      <Changed critical={critical} />
      <Text my="md">{t(`readBack.${what}.task`)}</Text>
      <TextInput
        ref={field}
        data-autofocus={open || undefined}
        name="readBack"
        size="lg"
        label={t(`readBack.${what}.label`) + (unit && what === "value" ? ` (${unit})` : "")}
        inputMode={what === "text" ? "text" : "decimal"}
        autoComplete="off"
        dir={what === "text" ? "auto" : "ltr"}
        readOnly={!open}
        error={problem}
        errorProps={{ role: "alert" }}
      />
      {what !== "text" && (
        <TextInput mt="sm" name="note" label={`${t("readBack.note")} (${t("app:word.optional")})`} autoComplete="off" maxLength={500} readOnly={!open} />
      )}
      {open && (
        <Group justify="end" mt="lg">
          <Button variant="default" onClick={() => asked.end(critical.id)}>
            {t("app:word.cancel")}
          </Button>
          <Button type="submit" loading={busy}>
            {t("readBack.submit")}
          </Button>
        </Group>
      )}
    </form>
  );
}
