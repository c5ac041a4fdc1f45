import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { finding, interpretationSign, resultValue } from "../format/result";
import { readings } from "../format/vitals";
import type { ResultOfChartFragment, VitalsOfChartFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { News2Badge } from "../ui/News2Badge";
import { ResultValue } from "./ResultValue";
import type { Entry } from "./timeline";
import type { Content, Step } from "./timelineContent";
import classes from "./TimelineTab.module.css";
import { useDosage } from "./useDosage";

/** Beside the word of the kind. */
const SIGN = { vitals: "♥", results: "⚗", criticals: "⚠", orders: "✎", doses: "●", moves: "⇄" } as const;
const PANELS = ["24323-8", "58410-2", "57021-8"] as const;

function VitalsLine({ vitals }: { readonly vitals: VitalsOfChartFragment }) {
  const { t } = useTranslation("clinical");
  const format = useFormat();
  const taken = readings(vitals).filter(({ value }) => value !== null);
  const words = taken.map(({ name, value, unit }) => {
    const shown = name === "consciousness" ? t(`consciousness.${value ?? ""}` as "consciousness.ALERT") : name === "pressure" ? value : format.decimal(value ?? "");
    return `${t(`vital.${name}`)} ${shown ?? ""} ${unit}`.trim();
  });
  return (
    <>
      <News2Badge score={vitals.news2} /> {words.join(" · ")}
    </>
  );
}

function Results({ results }: { readonly results: readonly ResultOfChartFragment[] }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const format = useFormat();
  const [first] = results;
  if (first === undefined) return null;
  const panel = PANELS.find((code) => code === first.panel);
  if (results.length === 1) {
    return (
      <>
        {first.display} <ResultValue result={first} />
      </>
    );
  }
  const abnormal = results.filter((one) => one.interpretation !== "NORMAL");
  return (
    <>
      <strong>{panel ? t(`timeline.panel.${panel}`) : t("timeline.panel.other")}</strong> {t("timeline.results", { count: results.length })}
      {abnormal.length === 0 ? (
        <> · {t("timeline.allNormal")}</>
      ) : (
        abnormal.map((one) => (
          <span key={one.id}>
            {" · "}
            {one.display} <bdi>{resultValue(one, format.decimal)}</bdi>{" "}
            <span title={t(`clinical:interpretation.${one.interpretation}`)}>
              {interpretationSign(one.interpretation)} {t(`clinical:interpretation.${one.interpretation}`)}
            </span>
          </span>
        ))
      )}
    </>
  );
}

/** Who, what they read back, whom it calls now: as far as the step has it. */
function useStepDetails(): (step: Step) => string {
  const { t } = useTranslation(["patient", "clinical"]);
  const format = useFormat();
  return (step) =>
    [
      step.audience && t(`clinical:audience.${step.audience}`),
      step.readBack && t("timeline.readBack", { value: format.decimal(step.readBack) }),
      step.note,
      step.kind === "MOVED" && step.ward?.code,
    ]
      .filter(Boolean)
      .join(" · ");
}

function useLine(): (content: Content) => { readonly text: ReactNode; readonly by?: string | null; readonly details?: string | null } {
  const { t } = useTranslation(["patient", "clinical"]);
  const format = useFormat();
  const dosage = useDosage();
  const stepDetails = useStepDetails();
  return (content) => {
    switch (content.type) {
      case "vitals":
        return { text: <VitalsLine vitals={content.vitals} />, by: content.vitals.recordedBy };
      case "results":
        return { text: <Results results={content.results} /> };
      case "step":
        return {
          text: (
            <>
              <strong>{t(`clinical:criticalStep.${content.step.kind}`)}</strong> <bdi>{finding(content.critical, format.decimal) ?? content.critical.rule}</bdi>
            </>
          ),
          details: stepDetails(content.step),
          by: content.step.by,
        };
      case "order":
        return {
          text: (
            <>
              <strong>{t(`orderStep.${content.step.kind}`)}</strong> {content.order.drug} <bdi>{dosage(content.order)}</bdi>
            </>
          ),
          details: content.step.reason,
          by: content.step.by,
        };
      case "dose":
        return {
          text: (
            <>
              <strong>{t(`administration.${content.given.status}`)}</strong> {content.order.drug}{" "}
              <bdi>{dosage({ ...content.order, dose: content.given.dose, doseUnit: content.given.doseUnit, frequency: null })}</bdi>
            </>
          ),
          details: content.given.reason,
          by: content.given.givenBy,
        };
      case "move":
        return {
          text: (
            <>
              <strong>{t(`timeline.move.${content.move}`)}</strong> {content.place}
            </>
          ),
          details: content.note,
        };
    }
  };
}

export function TimelineEntry({ entry }: { readonly entry: Entry }) {
  const { t } = useTranslation("patient");
  const format = useFormat();
  const { text, by, details } = useLine()(entry.content);
  return (
    <li className={classes.entry} data-tone={entry.kind === "criticals" ? "critical" : undefined}>
      <time dateTime={new Date(entry.at).toISOString()} className={classes.time}>
        {format.time(entry.at)}
      </time>
      <span className={classes.kind}>
        <span aria-hidden="true">{SIGN[entry.kind]}</span> {t(`timeline.kind.${entry.kind}`)}
      </span>
      <div className={classes.text}>
        {text}
        {details && (
          <Text size="sm" c="dimmed">
            {details}
          </Text>
        )}
      </div>
      <bdi className={classes.by}>{by}</bdi>
    </li>
  );
}
