import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOf } from "../api/errors";
import { useRefusal } from "../app/refusal";
import { RetireCriticalRuleDocument, type RuleInTableFragment } from "../generated/graphql";
import { ProblemNote } from "../ui/Problem";
import { ReasonField } from "../ui/ReasonField";
import { useRuleWords } from "./useRuleWords";

interface RetireRuleProps {
  readonly rule: RuleInTableFragment;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Asks before a rule goes out of force: from then on nobody is called for what it found. */
export function RetireRule({ rule, onClose, onDone }: RetireRuleProps) {
  const { t } = useTranslation(["rules", "app"]);
  const words = useRuleWords();
  const refusal = useRefusal(["reason"]);
  const [reason, setReason] = useState("");
  const [{ fetching }, retire] = useMutation(RetireCriticalRuleDocument);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { key, version } = rule;
    const { data, error } = await retire({ input: { key, version, reason } });
    if (data?.retireCriticalRule) onDone();
    else refusal.set(problemOf(error));
  }

  return (
    <Modal opened onClose={onClose} title={t("retireTitle", { key: rule.key })} closeButtonProps={{ "aria-label": t("app:word.close") }}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Text fw={600}>
            <bdi>{rule.test}</bdi> <bdi dir="ltr">{words.limits(rule)}</bdi>, {words.people(rule)}
          </Text>
          <Text size="sm">{t("retireText")}</Text>
          <ReasonField
            label={t("reason")}
            required
            data-autofocus
            value={reason}
            error={refusal.at("reason")}
            onChange={setReason}
          />
          <ProblemNote problem={refusal.general} />
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t("app:word.cancel")}
            </Button>
            <Button type="submit" color="red" loading={fetching}>
              {t("retire")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
