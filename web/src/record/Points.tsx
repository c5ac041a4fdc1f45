import { useTranslation } from "react-i18next";

import classes from "./VitalsForm.module.css";

/** What one value adds to the score. */
export function Points({ points }: { readonly points: number | undefined }) {
  const { t } = useTranslation("record");
  if (points === undefined) return null;
  return (
    <span className={classes.points} data-points={points} title={t("vitals.points", { n: points })}>
      +{points}
    </span>
  );
}
