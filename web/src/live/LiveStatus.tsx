import { Alert } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { useFormat } from "../i18n/format";
import { usePhase } from "./Live";
import classes from "./LiveStatus.module.css";
import type { Phase } from "./phase";

/** A sign for each phase beside its words and its colour. */
const SIGN: Readonly<Record<Phase["name"], string>> = {
  live: "●",
  connecting: "◌",
  reconnecting: "↻",
  stale: "▲",
  "not-permitted": "–",
  "signed-out": "–",
};

/** The state of the line, always in sight. */
export function LiveStatus() {
  const { t } = useTranslation("app");
  const format = useFormat();
  const phase = usePhase();
  const now = useNow();
  const time = "since" in phase ? format.clock(phase.since, now) : "";
  return (
    <span className={classes.status} data-phase={phase.name}>
      <span aria-hidden="true">{SIGN[phase.name]}</span> {t(`live.${phase.name}`, { time })}
    </span>
  );
}

/** A line that is not up by then is not merely slow. */
const SLOW_MS = 10_000;

/** Said over the page while what it shows may be old: a dead board must never look calm. */
export function LiveWarning() {
  const { t } = useTranslation("app");
  const format = useFormat();
  const phase = usePhase();
  const now = useNow();
  const old = phase.name === "reconnecting" || phase.name === "stale";
  const slow = phase.name === "connecting" && now - phase.since > SLOW_MS;
  return (
    <div role="alert">
      {old && (
        <Alert color="red" variant="filled" mb="md" title={t("live.warning", { time: format.clock(phase.since, now) })}>
          {t("live.warningText")}
        </Alert>
      )}
      {slow && (
        <Alert color="orange" mb="md" title={t("live.slow")}>
          {t("live.slowText")}
        </Alert>
      )}
    </div>
  );
}
