import { useTranslation } from "react-i18next";

import { resultValue } from "../format/result";
import { useFormat } from "../i18n/format";
import classes from "./Finding.module.css";
import type { Critical } from "./open";

/** What cannot wait: the test and its value, or of vital signs what their score says. */
export function Finding({ critical }: { readonly critical: Critical }) {
  const { t } = useTranslation("critical");
  const { decimal } = useFormat();
  const lab = critical.labResult;
  if (critical.kind === "DETERIORATION") return <bdi>{critical.rule}</bdi>;
  if (!lab) return t("notShown.result");
  return (
    <>
      <bdi>{lab.display}</bdi> <strong dir="ltr" className={lab.value ? classes.whole : undefined}>{resultValue(lab, decimal)}</strong>
    </>
  );
}
