import { Alert, Button, Group, Loader, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { millis } from "../format/time";
import { useFormat } from "../i18n/format";
import { Ago } from "../ui/Ago";
import { Interpretation } from "../ui/Interpretation";
import { ProblemNote } from "../ui/Problem";
import classes from "./AcknowledgeDialog.module.css";
import { asked } from "./asked";
import { Finding } from "./Finding";
import type { Critical } from "./open";
import { ReadBack } from "./ReadBack";
import { Urgency } from "./Urgency";
import { useCritical } from "./useCritical";
import { Whose } from "./Whose";

/** What is to be read back, and of whom: both are checked before anything is typed. */
function Subject({ critical }: { readonly critical: Critical }) {
  const { t } = useTranslation(["critical", "clinical"]);
  const { labResult, patient } = critical;
  return (
    <div className={classes.subject}>
      <Group gap="xs" justify="space-between">
        <Urgency critical={critical} />
        <Text size="sm">
          <Ago at={critical.raisedAt} />
        </Text>
      </Group>
      <Text className={classes.finding}>
        <Finding critical={critical} />
      </Text>
      {labResult && <Interpretation code={labResult.interpretation} />}
      <Text mt="xs">
        <Whose critical={critical} />
        {patient && (
          <>
            {" · "}
            {t("clinical:word.mrn")} <bdi>{patient.mrn}</bdi>
          </>
        )}
      </Text>
    </div>
  );
}

/** Said over the form where there is nothing left to read back: it stays, with what was typed, until it is closed. */
function Closed({ critical }: { readonly critical: Critical }) {
  const { t } = useTranslation("critical");
  const format = useFormat();
  const at = millis(critical.acknowledgedAt);
  return (
    <Alert color="orange" mt="md" title={t("closed.title")}>
      {critical.status === "WITHDRAWN"
        ? t("closed.withdrawn")
        : t("closed.acknowledged", { name: critical.acknowledgedBy ?? "–", time: at === null ? "" : format.clock(at) })}
    </Alert>
  );
}

function Frame({ id, children }: { readonly id: string; readonly children: ReactNode }) {
  const { t } = useTranslation(["critical", "app"]);
  return (
    <Modal
      opened
      onClose={() => asked.end(id)}
      title={t("acknowledge.title")}
      closeButtonProps={{ "aria-label": t("app:word.close") }}
      returnFocus={false}
      closeOnClickOutside={false}
      transitionProps={{ duration: 0 }}
      size="lg"
    >
      {children}
    </Modal>
  );
}

/** The read-back of one critical result, over whatever page is open. */
export default function AcknowledgeDialog({ id }: { readonly id: string }) {
  const { t } = useTranslation(["critical", "app"]);
  const { critical, reading, problem, again } = useCritical(id);

  if (critical === null) {
    return (
      <Frame id={id}>
        <ProblemNote problem={problem} onAgain={again} />
        {problem === null && (reading ? <Loader aria-label={t("app:word.loading")} /> : <Alert color="orange">{t("refusal.gone")}</Alert>)}
      </Frame>
    );
  }
  const open = critical.status === "OPEN";
  return (
    <Frame id={id}>
      <Subject critical={critical} />
      <div role="alert">{!open && <Closed critical={critical} />}</div>
      <ReadBack critical={critical} open={open} onClosed={again} />
      {!open && (
        <Group justify="end" mt="lg">
          <Button data-autofocus onClick={() => asked.end(id)}>
            {t("app:word.close")}
          </Button>
        </Group>
      )}
    </Frame>
  );
}
