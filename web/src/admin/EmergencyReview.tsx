import { Button, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOf } from "../api/errors";
import { useRefusal } from "../app/refusal";
import { ReviewEmergencyAccessDocument, type EmergencyAccessOutcome } from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";
import { ReasonField } from "../ui/ReasonField";
import type { Access } from "./EmergencyAccesses";

interface EmergencyReviewProps {
  readonly access: Access;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Says of an emergency access whether it was for good reason: once, and not of one's own. */
export function EmergencyReview({ access, onClose, onDone }: EmergencyReviewProps) {
  const { t } = useTranslation(["admin", "app"]);
  const [outcome, setOutcome] = useState("");
  const [note, setNote] = useState("");
  const refusal = useRefusal(["outcome", "note"]);
  const [{ fetching }, review] = useMutation(ReviewEmergencyAccessDocument);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await review({
      input: { emergencyAccessId: access.id, outcome: outcome as EmergencyAccessOutcome, note: note.trim() || null },
    });
    if (data) onDone();
    else refusal.set(problemOf(error));
  }

  return (
    <Modal opened onClose={onClose} title={t("emergency.reviewTitle", { name: access.openedBy })} closeButtonProps={{ "aria-label": t("app:word.close") }}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Text>
            <bdi>{access.reason}</bdi>
          </Text>
          <Radio.Group label={t("emergency.outcome")} required value={outcome} error={refusal.at("outcome")} onChange={setOutcome}>
            <Stack gap="xs" mt="xs">
              <Radio value="JUSTIFIED" label={t("emergency.JUSTIFIED")} />
              <Radio value="NOT_JUSTIFIED" label={t("emergency.NOT_JUSTIFIED")} />
            </Stack>
          </Radio.Group>
          <ReasonField
            label={t("emergency.note")}
            value={note}
            error={refusal.at("note")}
            onChange={setNote}
          />
          <Text size="sm">{t("emergency.once")}</Text>
          <ProblemNote problem={refusal.general} />
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t("app:word.cancel")}
            </Button>
            <Button type="submit" loading={fetching} disabled={outcome === ""}>
              {t("emergency.decide")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
