import { CloseButton } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { useFormat } from "../i18n/format";
import { LiveStatus } from "../live/LiveStatus";
import type { Occupancy } from "./occupancy";
import { OccupancyLine } from "./OccupancyLine";
import classes from "./WallBar.module.css";

interface WallBarProps {
  readonly name: string;
  readonly occupancy: Occupancy;
  readonly onLeave: () => void;
}

/** What stands above the beds on a wall: the ward, its beds, whether it is live, and what time it is. */
export function WallBar({ name, occupancy, onLeave }: WallBarProps) {
  const { t } = useTranslation("board");
  const format = useFormat();
  const now = useNow();
  return (
    <div className={classes.bar}>
      <h1 className={classes.ward}>{name}</h1>
      <OccupancyLine occupancy={occupancy} />
      <LiveStatus />
      <time className={classes.clock}>{format.clock(now, now)}</time>
      <CloseButton size="lg" onClick={onLeave} aria-label={t("wall.leave")} title={t("wall.leave")} />
    </div>
  );
}
