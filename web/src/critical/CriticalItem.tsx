import { Anchor, Button, Text } from "@mantine/core";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { paths } from "../app/paths";
import { referenceRange, unitName } from "../format/result";
import { millis } from "../format/time";
import { useFormat } from "../i18n/format";
import { Ago } from "../ui/Ago";
import { Interpretation } from "../ui/Interpretation";
import { AcknowledgeButton } from "./AcknowledgeButton";
import { toneOf } from "./alarm";
import classes from "./CriticalItem.module.css";
import { Finding } from "./Finding";
import { NextStep } from "./NextStep";
import type { Critical } from "./open";
import { Steps } from "./Steps";
import { Urgency } from "./Urgency";
import { Whose } from "./Whose";

interface CriticalItemProps {
  readonly critical: Critical;
  /** Named beside the bed where the list is not of one ward alone. */
  readonly withWard: boolean;
  /** Its steps are shown from the start: somebody came for this one. */
  readonly unfolded: boolean;
}

/** How it stands: of an open one who is called next and when, of another how it ended. */
function Standing({ critical }: { readonly critical: Critical }) {
  const { t } = useTranslation(["critical", "clinical"]);
  const format = useFormat();
  const at = millis(critical.acknowledgedAt);
  if (critical.status === "OPEN") {
    return (
      <>
        <Text fw={600}>
          <NextStep critical={critical} />
        </Text>
        <Text size="sm">
          {t("raised")} <Ago at={critical.raisedAt} />
          {critical.escalationLevel > 0 && ` · ${t("level", { level: critical.escalationLevel })}`}
        </Text>
      </>
    );
  }
  return (
    <>
      <Text fw={600}>{t(`clinical:criticalStatus.${critical.status}`)}</Text>
      <Text size="sm">
        {critical.acknowledgedBy && at !== null
          ? t("acknowledgedBy", { name: critical.acknowledgedBy, time: format.clock(at) })
          : t("raisedAt", { time: format.clock(millis(critical.raisedAt) ?? 0) })}
      </Text>
      {critical.acknowledgedAt && critical.readBack && critical.labResult?.value && (
        <Text size="sm">{t("steps.readBack", { value: format.decimal(critical.readBack) })}</Text>
      )}
    </>
  );
}

/** One critical result of the list, with its steps to unfold. */
export function CriticalItem({ critical, withWard, unfolded }: CriticalItemProps) {
  const { t } = useTranslation(["critical", "clinical"]);
  const { decimal } = useFormat();
  const [steps, setSteps] = useState(unfolded);
  const id = useId();
  const { labResult: lab, patient } = critical;
  const range = lab && referenceRange(lab.referenceLow, lab.referenceHigh, decimal);
  const open = critical.status === "OPEN";
  return (
    <li className={classes.item} id={critical.id} data-pressing={open ? toneOf(critical) : "closed"}>
      <div>
        <div className={classes.finding}>
          <Finding critical={critical} />
        </div>
        <div className={classes.judged}>
          {open && <Urgency critical={critical} />}
          {lab && <Interpretation code={lab.interpretation} />}
          {range && (
            <Text span size="sm">
              {t("clinical:word.reference")} <bdi>{[range, lab.unit && unitName(lab.unit)].filter(Boolean).join(" ")}</bdi>
            </Text>
          )}
        </div>
      </div>
      <div>
        {patient ? (
          <Anchor component={Link} href={paths.patient(patient.id)} c="inherit">
            <Whose critical={critical} />
          </Anchor>
        ) : (
          <Whose critical={critical} />
        )}
        <Text size="sm" c="dimmed">
          {patient && (
            <>
              {t("clinical:word.mrn")} <bdi>{patient.mrn}</bdi>
            </>
          )}
          {withWard && critical.ward && (
            <>
              {patient && " · "}
              <bdi>{critical.ward.code}</bdi>
            </>
          )}
        </Text>
      </div>
      <div>
        <Standing critical={critical} />
      </div>
      <div className={classes.actions}>
        <Button variant="subtle" aria-expanded={steps} aria-controls={id} onClick={() => setSteps(!steps)}>
          {t(steps ? "steps.hide" : "steps.show")}
        </Button>
        {open && <AcknowledgeButton critical={critical} className={classes.acknowledge} />}
      </div>
      <div id={id} className={classes.steps} hidden={!steps}>
        {steps && <Steps id={critical.id} />}
      </div>
    </li>
  );
}
