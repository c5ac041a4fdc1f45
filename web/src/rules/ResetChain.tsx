import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOf, type Problem } from "../api/errors";
import { ResetEscalationChainDocument, type ChainInForceFragment } from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";

interface ResetChainProps {
  readonly chain: ChainInForceFragment;
  readonly ward: string | null;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Asks before a chain of one's own gives way to the one behind it. */
export function ResetChain({ chain, ward, onClose, onDone }: ResetChainProps) {
  const { t } = useTranslation(["rules", "app", "clinical"]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [{ fetching }, reset] = useMutation(ResetEscalationChainDocument);

  async function confirm() {
    const { data, error } = await reset({ input: { urgency: chain.urgency, ward } });
    if (data) onDone();
    else setProblem(problemOf(error));
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={t("chain.resetOf", { urgency: t(`clinical:urgency.${chain.urgency}`) })}
      closeButtonProps={{ "aria-label": t("app:word.close") }}
    >
      <Stack>
        <Text>{ward === null ? t("chain.resetHospital") : t("chain.resetWard")}</Text>
        <ProblemNote problem={problem} />
        <Group justify="end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("app:word.cancel")}
          </Button>
          <Button color="red" loading={fetching} onClick={() => void confirm()}>
            {t("chain.reset")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
