import { memo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { paths } from "../app/paths";
import { patientName } from "../format/patient";
import { news2 } from "../format/vitals";
import { BedActions } from "../record/BedActions";
import { Ago } from "../ui/Ago";
import { News2Badge } from "../ui/News2Badge";
import { PatientLine } from "../ui/PatientLine";
import classes from "./BedCard.module.css";
import { CardCriticals } from "./CardCriticals";
import { CardTags } from "./CardTags";
import { CardVitals } from "./CardVitals";
import { sameDue } from "./due";
import { Fresh } from "./Fresh";
import { partOf } from "./occupancy";
import type { Bed, Patient } from "./reduce";
import type { Place } from "./selection";

/** What of a place is known at all: what is still being read is not new when it comes, and what is refused is not calm. */
export interface Known {
  readonly criticals: boolean;
  /** False where the role is not shown any. */
  readonly vitals: boolean;
}

interface ContentProps extends Place {
  /** For a screen that others pass: initials, and nothing to click on. */
  readonly wall: boolean;
  readonly known: Known;
}

interface BedCardProps extends ContentProps {
  /** Not of the choice: a card that comes back needs not to be made anew. */
  readonly hidden: boolean;
}

function Who({ patient, wall }: { readonly patient: Patient; readonly wall: boolean }) {
  const line = <PatientLine patient={patient} />;
  if (wall) return <span className={classes.name}>{line}</span>;
  return (
    <Link href={paths.patient(patient.id)} className={classes.name} title={patientName(patient)}>
      {line}
    </Link>
  );
}

/** What stands in the way of a bed without a patient, or that it is free. */
function BedState({ bed }: { readonly bed: Bed }) {
  const { t } = useTranslation(["board", "clinical"]);
  const part = partOf(bed);
  return (
    <div className={classes.state}>
      {part === "reserved" ? (
        <Reservation bed={bed} />
      ) : (
        <span className={classes.stateName}>{t(`clinical:bedStatus.${bed.status}`)}</span>
      )}
      {part !== "available" && part !== "reserved" && bed.statusSince && (
        <span className={classes.measured}>
          <Ago at={bed.statusSince} />
        </span>
      )}
      {bed.closedReason && <span className={classes.measured}>{bed.closedReason}</span>}
      {bed.isolationFor.length > 0 && (
        <span className={classes.measured}>
          {t("card.fitFor", { kinds: bed.isolationFor.map((kind) => t(`clinical:isolation.${kind}`)).join(", ") })}
        </span>
      )}
      {part !== "reserved" && bed.reserved && <Reservation bed={bed} />}
    </div>
  );
}

function Reservation({ bed }: { readonly bed: Bed }) {
  const { t } = useTranslation("board");
  return (
    <span className={classes.tag} data-tone="none">
      <span aria-hidden="true">⚑</span> {bed.reservedFor ? t("card.reservedFor") : t("card.reserved")}{" "}
      {bed.reservedFor && <PatientLine patient={bed.reservedFor} />}
    </span>
  );
}

function CardContent({ bed, criticals, due, namesake, wall, known }: ContentProps) {
  const { t } = useTranslation("board");
  const patient = bed.admission?.patient;
  const vitals = patient?.latestVitals ?? null;
  return (
    <>
      <Fresh of={[bed.status, bed.reserved, bed.reservedFor?.id, bed.admission?.id].join()} className={classes.head}>
        <span className={classes.code}>
          <span className={classes.bedWord}>{t("card.bed")} </span>
          {bed.code}
        </span>
        {vitals && <News2Badge score={vitals.news2} size="fit" />}
        {!wall && <BedActions bed={bed} />}
      </Fresh>
      {patient ? <Who patient={patient} wall={wall} /> : <BedState bed={bed} />}
      {patient && bed.reserved && <Reservation bed={bed} />}
      {vitals && (
        <Fresh of={vitals.id} className={classes.vitals}>
          <CardVitals vitals={vitals} />
        </Fresh>
      )}
      {patient && !vitals && known.vitals && <p className={classes.measured}>{t("card.noVitals")}</p>}
      <Fresh of={known.criticals ? criticals.map((one) => `${one.id} ${String(one.escalationLevel)}`).join() : null}>
        {criticals.length > 0 && <CardCriticals criticals={criticals} wall={wall} />}
      </Fresh>
      <CardTags bed={bed} due={due} namesake={namesake} />
    </>
  );
}

function sameOnes(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, at) => one === others[at]);
}

function sameContent(before: ContentProps, after: ContentProps): boolean {
  return (
    before.bed === after.bed &&
    before.wall === after.wall &&
    before.known === after.known &&
    before.namesake === after.namesake &&
    sameDue(before.due, after.due) &&
    sameOnes(before.criticals, after.criticals)
  );
}

const Content = memo(CardContent, sameContent);

function Card({ hidden, ...content }: BedCardProps) {
  const { bed, criticals, wall } = content;
  const vitals = bed.admission?.patient?.latestVitals;
  const tone = vitals ? news2(vitals.news2).tone : "none";
  return (
    <li
      className={classes.card}
      aria-hidden={hidden || undefined}
      data-bed={bed.code}
      data-tone={criticals.length > 0 ? "critical" : tone}
      data-part={partOf(bed)}
      data-critical={criticals.length > 0}
      data-wall={wall}
    >
      <Content {...content} />
    </li>
  );
}

/** One bed. Of forty, the one is drawn that an event is about; another choice or order draws none. */
export const BedCard = memo(Card, (before, after) => before.hidden === after.hidden && sameContent(before, after));
