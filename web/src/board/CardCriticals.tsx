import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useNow } from "../app/clock";
import { paths } from "../app/paths";
import type { Critical } from "../critical/open";
import { finding, interpretationSign } from "../format/result";
import { millis } from "../format/time";
import { useFormat } from "../i18n/format";
import { Ago } from "../ui/Ago";
import classes from "./BedCard.module.css";

/** More of one patient's are read in the list; a card that grows without end hides its neighbours. */
const AT_MOST = 2;

function NextStep({ critical }: { readonly critical: Critical }) {
  const { t } = useTranslation(["board", "clinical"]);
  const format = useFormat();
  const now = useNow();
  const next = millis(critical.nextEscalationAt);
  if (next === null) return t("card.lastStep");
  const who = critical.nextEscalationAudience ? t(`clinical:audience.${critical.nextEscalationAudience}`) : "";
  return next <= now ? t("card.stepNow", { who }) : t("card.stepIn", { time: format.lasting(next - now), who });
}

interface CardCriticalProps {
  readonly critical: Critical;
  readonly wall: boolean;
}

function CardCritical({ critical, wall }: CardCriticalProps) {
  const { t } = useTranslation(["board", "clinical"]);
  const format = useFormat();
  const lab = critical.labResult;
  const what = finding(critical, format.decimal) ?? t("clinical:urgency." + critical.urgency as "clinical:urgency.CRITICAL");
  const said = (
    <>
      <span aria-hidden="true">{lab ? interpretationSign(lab.interpretation) : "▲"}</span> {what}
    </>
  );
  return (
    <li className={classes.critical} data-tone="critical" data-critical={critical.id}>
      {wall ? (
        <strong className={classes.finding}>{said}</strong>
      ) : (
        <Link
          href={`${paths.criticals}#${critical.id}`}
          className={classes.finding}
          title={t("card.acknowledge", { what })}
        >
          {said}
        </Link>
      )}
      <span className={classes.step}>
        <Ago at={critical.raisedAt} /> · {t("card.level", { level: critical.escalationLevel })} ·{" "}
        <NextStep critical={critical} />
      </span>
    </li>
  );
}

interface CardCriticalsProps {
  readonly criticals: readonly Critical[];
  readonly wall: boolean;
}

/** What of a patient cannot wait, most pressing first. */
export function CardCriticals({ criticals, wall }: CardCriticalsProps) {
  const { t } = useTranslation("board");
  const shown = wall ? 1 : AT_MOST;
  return (
    <ul className={classes.criticals} aria-label={t("card.criticals")}>
      {criticals.slice(0, shown).map((critical) => (
        <CardCritical key={critical.id} critical={critical} wall={wall} />
      ))}
      {criticals.length > shown && (
        <li className={classes.critical} data-tone="critical">
          {t("card.more", { count: criticals.length - shown })}
        </li>
      )}
    </ul>
  );
}
