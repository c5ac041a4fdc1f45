import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ProblemNote } from "../ui/Problem";
import type { Sending } from "./useSending";

interface RecordFormProps {
  readonly sending: Sending;
  readonly submit: string;
  readonly danger?: boolean;
  readonly onSubmit: () => void;
  readonly onBack: () => void;
  readonly children?: ReactNode;
}

/** What a form of this area has in common: what went wrong and what is allowed instead, and its two buttons. */
export function RecordForm({ sending, submit, danger = false, onSubmit, onBack, children }: RecordFormProps) {
  const { t } = useTranslation(["record", "app", "clinical"]);
  const { allowed } = sending.refusal;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Stack gap="sm">
        {children}
        <ProblemNote problem={sending.problem} />
        {allowed.length > 0 && (
          <Alert variant="light" color="gray" title={t("allowed.title")}>
            <Text size="sm">{allowed.map((one) => t(`allowed.${one}` as "allowed.UNOCCUPIED", { defaultValue: one })).join(" · ")}</Text>
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onBack}>
            {t("app:word.cancel")}
          </Button>
          <Button type="submit" loading={sending.busy} {...(danger ? { color: "red" } : {})}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
