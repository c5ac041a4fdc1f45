import { Loader, Text, Timeline } from "@mantine/core";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";

import { resultValue } from "../format/result";
import { millis } from "../format/time";
import { useFormat } from "../i18n/format";
import { ProblemNote } from "../ui/Problem";
import classes from "./Steps.module.css";
import { useCritical, type Step } from "./useCritical";

interface DetailsProps {
  readonly step: Step;
  /** The one before: what has not changed since is not said again. */
  readonly before: Step | undefined;
}

/** Who was called or who did it, and what came of it. */
function Details({ step, before }: DetailsProps) {
  const { t } = useTranslation(["critical", "clinical"]);
  const { decimal } = useFormat();
  const lab = step.labResult;
  const lines = [
    lab && lab.id !== before?.labResult?.id && [lab.display, resultValue(lab, decimal)].filter(Boolean).join(" "),
    !lab && step.rule !== before?.rule && step.rule,
    step.ward && step.ward.id !== before?.ward?.id && t("steps.ward", { ward: step.ward.code }),
    step.audience && t("steps.audience", { audience: t(`clinical:audience.${step.audience}`) }),
    step.called.length > 0 && t(step.kind === "TOLD" ? "steps.listened" : "steps.called", { names: step.called.join(", ") }),
    step.by && (step.station ? t("steps.byAt", { name: step.by, station: step.station }) : t("steps.by", { name: step.by })),
    step.readBack && t("steps.readBack", { value: decimal(step.readBack) }),
    step.note && t("steps.note", { note: step.note }),
  ].filter((line) => typeof line === "string");
  return (
    <Text size="sm">
      {lines.map((line, at) => (
        <Fragment key={line}>
          {at > 0 && " · "}
          <bdi>{line}</bdi>
        </Fragment>
      ))}
    </Text>
  );
}

/** The loop of a critical result as it happened, and as it goes on. */
export function Steps({ id }: { readonly id: string }) {
  const { t } = useTranslation(["critical", "clinical", "app"]);
  const format = useFormat();
  const { steps, reading, problem, again } = useCritical(id);
  if (steps === null) {
    return (
      <>
        <ProblemNote problem={problem} onAgain={again} />
        {problem === null && (reading ? <Loader size="sm" aria-label={t("app:word.loading")} /> : <Text size="sm">{t("steps.none")}</Text>)}
      </>
    );
  }
  return (
    <Timeline active={steps.length - 1} bulletSize={12} lineWidth={2} role="list" aria-label={t("steps.title")}>
      {steps.map((step, at) => (
        <Timeline.Item
          key={step.number}
          role="listitem"
          className={classes.step}
          title={
            <Text span fw={600} size="sm">
              {t(`clinical:criticalStep.${step.kind}`)}
              {step.level > 0 && step.kind === "ESCALATED" && ` · ${t("level", { level: step.level })}`}
              <Text span c="dimmed" size="sm" ms="xs">
                <time dateTime={step.occurredAt}>{format.clock(millis(step.occurredAt) ?? 0)}</time>
              </Text>
            </Text>
          }
        >
          <Details step={step} before={steps[at - 1]} />
        </Timeline.Item>
      ))}
    </Timeline>
  );
}
