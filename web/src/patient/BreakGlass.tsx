import { Button, Card, Stack, Text, Title } from "@mantine/core";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOf, type Problem } from "../api/errors";
import { textOf } from "../app/form";
import { BreakGlassDocument } from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";
import { ReasonField } from "../ui/ReasonField";

/** The API refuses a reason that a reviewer could do nothing with. */
const SHORTEST_REASON = 10;

/** Opens one chart in an emergency: the reason is read by the privacy officer, and the page says so before. */
export function BreakGlass({ id, onOpened }: { readonly id: string; readonly onOpened: () => void }) {
  const { t } = useTranslation("patient");
  const [{ fetching }, breakGlass] = useMutation(BreakGlassDocument);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [short, setShort] = useState(false);

  async function open(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const reason = textOf(new FormData(event.currentTarget), "reason").trim();
    setShort(reason.length < SHORTEST_REASON);
    if (fetching || reason.length < SHORTEST_REASON) return;
    const { error } = await breakGlass({ input: { patientId: id, reason } });
    setProblem(error ? problemOf(error) : null);
    if (!error) onOpened();
  }

  return (
    <Card withBorder maw="36rem" mx="auto" component="form" onSubmit={(event) => void open(event)}>
      <Stack gap="sm">
        <Title order={2} size="h3">
          {t("glass.title")}
        </Title>
        <Text size="sm">{t("glass.text")}</Text>
        <ReasonField
          name="reason"
          label={t("glass.reason")}
          description={t("glass.reasonHint")}
          error={short ? t("glass.short", { least: SHORTEST_REASON }) : null}
          required
        />
        <ProblemNote problem={problem} />
        <Button type="submit" color="red" loading={fetching}>
          {t("glass.open")}
        </Button>
      </Stack>
    </Card>
  );
}
