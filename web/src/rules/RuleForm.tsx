import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useMutation } from "urql";

import { hasCode, problemOf } from "../api/errors";
import { useRefusal } from "../app/refusal";
import {
  AddCriticalRuleDocument,
  ChangeCriticalRuleDocument,
  CriticalRulesDocument,
  type RuleInTableFragment,
} from "../generated/graphql";
import { ChangedMeanwhile } from "../ui/ChangedMeanwhile";
import { ProblemNote } from "../ui/Problem";
import { ReasonField } from "../ui/ReasonField";
import { draftOf, EMPTY, faultsOf, FIELDS, inputOf, type Draft } from "./draft";
import { DryRun } from "./DryRun";
import { RuleFields } from "./RuleFields";
import classes from "./RuleForm.module.css";
import { useRuleWords } from "./useRuleWords";

interface RuleFormProps {
  /** The version that is changed; null for a new rule. */
  readonly rule: RuleInTableFragment | null;
  readonly onClose: () => void;
  readonly onDone: (key: string) => void;
}

/** A new rule, or the next version of one: tried on the results of the last days before it is put in force. */
export function RuleForm({ rule, onClose, onDone }: RuleFormProps) {
  const { t } = useTranslation(["rules", "app"]);
  const words = useRuleWords();
  const client = useClient();
  const [base, setBase] = useState(rule);
  const [draft, setDraft] = useState<Draft>(rule === null ? EMPTY : draftOf(rule));
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState<string | null>(null);
  /** The version that somebody else put in force meanwhile. */
  const [other, setOther] = useState<RuleInTableFragment | null>(null);
  const refusal = useRefusal(FIELDS);
  const [{ fetching: adding }, add] = useMutation(AddCriticalRuleDocument);
  const [{ fetching: changing }, change] = useMutation(ChangeCriticalRuleDocument);
  const faults = faultsOf(draft);
  const input = inputOf(draft);
  const isTried = tried === JSON.stringify(input);

  function wrong(field: string): string | null {
    return faults.has(field) ? t("noNumber") : refusal.at(field);
  }

  async function newest(key: string): Promise<RuleInTableFragment | null> {
    const { data } = await client.query(CriticalRulesDocument, { ward: null, retired: false, first: 500, after: null }).toPromise();
    return data?.criticalRules?.nodes.find((one) => one.key === key) ?? null;
  }

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    if (faults.size > 0) return;
    refusal.set(null);
    setOther(null);
    const { data, error } =
      base === null
        ? await add({ input: { key: draft.key.trim(), rule: input } })
        : await change({ input: { key: base.key, version: base.version, rule: input, reason: reason.trim() || null } });
    if (data) {
      onDone(base?.key ?? draft.key.trim());
      return;
    }
    refusal.set(problemOf(error));
    if (base !== null && hasCode(error, "CONFLICT")) {
      const found = await newest(base.key);
      if (found !== null && found.version !== base.version) setOther(found);
    }
  }

  function takeOver(found: RuleInTableFragment) {
    setBase(found);
    setDraft(draftOf(found));
    setOther(null);
    refusal.set(null);
  }

  return (
    <Modal
      opened
      onClose={onClose}
      size={1080}
      title={base === null ? t("addTitle") : t("changeTitle", { key: base.key, version: base.version })}
      closeButtonProps={{ "aria-label": t("app:word.close") }}
      closeOnClickOutside={false}
    >
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm">
          {base !== null && (
            <Text size="sm" c="dimmed">
              {t("basedOn", { version: base.version })} <bdi dir="ltr">{words.limits(base)}</bdi>, {words.people(base)} (
              <bdi>{base.source}</bdi>)
            </Text>
          )}
          <RuleFields draft={draft} isNew={base === null} wrong={wrong} onChange={(part) => setDraft({ ...draft, ...part })} />
          {base !== null && (
            <ReasonField
              label={t("reasonOfChange")}
              value={reason}
              error={refusal.at("reason")}
              onChange={setReason}
            />
          )}
          <DryRun
            input={input}
            ruleKey={base?.key ?? null}
            ready={faults.size === 0}
            onRefused={refusal.set}
            onTried={() => {
              refusal.set(null);
              setTried(JSON.stringify(input));
            }}
            current={isTried}
          />
          <ProblemNote problem={refusal.general} />
          {other !== null && (
            <ChangedMeanwhile
              title={t("changedMeanwhile", { version: other.version })}
              action={t("beginFrom", { version: other.version })}
              onTakeOver={() => takeOver(other)}
            >
              <bdi dir="ltr">{words.limits(other)}</bdi>, {words.people(other)} (<bdi>{other.createdBy ?? other.source}</bdi>)
            </ChangedMeanwhile>
          )}
          <Group justify="end" className={classes.actions}>
            {!isTried && (
              <Text size="sm" me="auto">
                {t("notTried")}
              </Text>
            )}
            <Button variant="default" onClick={onClose}>
              {t("app:word.cancel")}
            </Button>
            <Button type="submit" loading={adding || changing}>
              {t("putInForce")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
