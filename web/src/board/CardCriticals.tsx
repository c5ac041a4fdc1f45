import { UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useNow } from "../app/clock";
import { paths } from "../app/paths";
import { asked } from "../critical/asked";
import type { Critical } from "../critical/open";
import { finding, interpretationSign, resultValue } from "../format/result";
import { millis } from "../format/time";
import { useFormat } from "../i18n/format";
import { useMay } from "../live/Live";
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

/** The finding; a click on it opens the read-back, or for who does not acknowledge the list. */
function What({ critical, wall }: CardCriticalProps) {
  const { t } = useTranslation(["board", "clinical"]);
  const format = useFormat();
  const may = useMay("critical-result:acknowledge");
  const whole = finding(critical, format.decimal);
  const urgency = t(`clinical:urgency.${critical.urgency}`);
  // The score itself stands at the head of the card.
  const what = critical.kind === "DETERIORATION" ? t("card.deterioration", { urgency }) : (whole ?? urgency);
  const sign = critical.labResult ? interpretationSign(critical.labResult.interpretation) : "▲";
  // A value is not parted from its unit by the end of a line.
  const measured = critical.kind === "LABORATORY" && critical.labResult?.value ? critical.labResult : null;
  const said = (
    <>
      <span aria-hidden="true">{sign}</span>{" "}
      <bdi>
        {measured ? (
          <>
            {measured.display} <span className={classes.whole}>{resultValue(measured, format.decimal)}</span>
          </>
        ) : (
          what
        )}
      </bdi>
    </>
  );
  if (wall) return <strong className={classes.finding}>{said}</strong>;
  const title = whole ?? what;
  if (may) {
    return (
      <UnstyledButton
        className={classes.finding}
        title={t("card.acknowledge", { what: title })}
        onClick={() => asked.ask(critical.id)}
      >
        {said}
      </UnstyledButton>
    );
  }
  return (
    <Link href={`${paths.criticals}#${critical.id}`} className={classes.finding} title={title}>
      {said}
    </Link>
  );
}

function CardCritical({ critical, wall }: CardCriticalProps) {
  const { t } = useTranslation("board");
  return (
    <li className={classes.critical} data-tone="critical" data-result={critical.id}>
      <What critical={critical} wall={wall} />
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
