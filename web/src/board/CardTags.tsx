import { useTranslation } from "react-i18next";

import { millis } from "../format/time";
import { useFormat } from "../i18n/format";
import classes from "./BedCard.module.css";
import type { Due } from "./due";
import type { Bed } from "./reduce";

/** The doses that wait: "2 late", "1 due 14:00". */
function DueTags({ due }: { readonly due: Due }) {
  const { t } = useTranslation("board");
  const format = useFormat();
  const next = millis(due.next);
  return (
    <>
      {due.late > 0 && (
        <li className={classes.tag} data-tone="medium">
          <span aria-hidden="true">⚠</span> {t("due.late", { count: due.late })}
        </li>
      )}
      {due.soon > 0 && (
        <li className={classes.tag} data-tone="none">
          <span aria-hidden="true">◷</span>{" "}
          {t("due.soon", { count: due.soon, time: next === null ? "" : format.clock(next) })}
        </li>
      )}
    </>
  );
}

function LeaveTag({ until }: { readonly until: string | null }) {
  const { t } = useTranslation("board");
  const format = useFormat();
  const back = millis(until);
  return (
    <li className={classes.tag} data-tone="none">
      <span aria-hidden="true">↪</span> {back === null ? t("card.leave") : t("card.leaveUntil", { time: format.clock(back) })}
    </li>
  );
}

/** Two of a ward with one family name are taken for each other: asked for the first name and the birth date. */
function NameAlert() {
  const { t } = useTranslation("clinical");
  return (
    <li className={classes.tag} data-tone="single" title={t("nameAlert.text")}>
      <span aria-hidden="true">≈</span> {t("nameAlert.title")}
    </li>
  );
}

interface CardTagsProps {
  readonly bed: Bed;
  readonly due: Due | null;
  readonly namesake: boolean;
}

/** What else one must know before one goes to the bed. */
export function CardTags({ bed, due, namesake }: CardTagsProps) {
  const { t } = useTranslation(["board", "clinical"]);
  const { admission } = bed;
  const isolations = admission?.patient?.isolations ?? [];
  if (due === null && !namesake && isolations.length === 0 && !admission?.leaveSince) return null;
  return (
    <ul className={classes.tags}>
      {namesake && <NameAlert />}
      {isolations.map(({ id, kind }) => (
        <li key={id} className={classes.tag} data-tone="single">
          <span aria-hidden="true">◈</span> {t(`clinical:isolation.${kind}`)}
        </li>
      ))}
      {due !== null && <DueTags due={due} />}
      {admission?.leaveSince && <LeaveTag until={admission.leaveUntil} />}
    </ul>
  );
}
