import { useTranslation } from "react-i18next";

import classes from "./BoardBar.module.css";
import { PARTS, type Occupancy } from "./occupancy";

/** "20 beds: 17 occupied, 2 free, 1 to be cleaned": a bar of its parts, and the same in words. */
export function OccupancyLine({ occupancy }: { readonly occupancy: Occupancy }) {
  const { t } = useTranslation("board");
  const parts = PARTS.filter((part) => occupancy[part] > 0);
  return (
    <div className={classes.occupancy}>
      <div className={classes.bar} aria-hidden="true">
        {parts.map((part) => (
          <span key={part} data-part={part} style={{ flexGrow: occupancy[part] }} />
        ))}
      </div>
      <ul className={classes.parts} aria-label={t("occupancy.label")}>
        <li>
          <strong>{t("occupancy.beds", { count: occupancy.beds })}</strong>
        </li>
        {parts.map((part) => (
          <li key={part} data-part={part}>
            <strong>{occupancy[part]}</strong> {t(`occupancy.${part}`)}
          </li>
        ))}
        {occupancy.onLeave > 0 && (
          <li>
            <strong>{occupancy.onLeave}</strong> {t("occupancy.onLeave")}
          </li>
        )}
      </ul>
    </div>
  );
}
