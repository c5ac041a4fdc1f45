import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { paths } from "../app/paths";
import type { Occupancy } from "../board/occupancy";
import { OccupancyLine } from "../board/OccupancyLine";
import classes from "./WardCard.module.css";

interface WardCardProps {
  readonly ward: { readonly code: string; readonly name: string };
  readonly occupancy: Occupancy | null;
  /** Open critical results; null where they may not be seen, or are not read yet. */
  readonly criticals: number | null;
}

/** A ward to choose: how full it is, and how much waits there. */
export function WardCard({ ward, occupancy, criticals }: WardCardProps) {
  const { t } = useTranslation("board");
  return (
    <li className={classes.card} data-critical={criticals !== null && criticals > 0}>
      <Link href={paths.ward(ward.code)} className={classes.name}>
        <span className={classes.code}>{ward.code}</span> <bdi>{ward.name}</bdi>
      </Link>
      <div className={classes.numbers}>{occupancy && <OccupancyLine occupancy={occupancy} />}</div>
      <div className={classes.foot}>
        {criticals !== null && criticals > 0 && (
          <span className={classes.open} data-tone="critical">
            <span aria-hidden="true">▲</span> {t("wards.criticals", { count: criticals })}
          </span>
        )}
        {criticals === 0 && <span className={classes.calm}>{t("wards.noCriticals")}</span>}
      </div>
    </li>
  );
}
