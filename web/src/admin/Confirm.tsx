import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState, type SyntheticEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Problem } from "../api/errors";
import { ProblemNote } from "../ui/Problem";

interface ConfirmProps {
  readonly title: string;
  /** What it does to whom. */
  readonly text: string;
  readonly action: string;
  /** Null where it is done. */
  readonly onConfirm: () => Promise<Problem | null>;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

/** Asks before something that others will notice. */
export function Confirm({ title, text, action, onConfirm, onClose, children }: ConfirmProps) {
  const { t } = useTranslation("app");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(await onConfirm());
    setBusy(false);
  }

  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": t("word.close") }}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Text size="sm">{text}</Text>
          {children}
          <ProblemNote problem={problem} />
          <Group justify="end">
            <Button variant="default" onClick={onClose} data-autofocus>
              {t("word.cancel")}
            </Button>
            <Button type="submit" color="red" loading={busy}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
