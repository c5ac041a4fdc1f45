import { useTranslation } from "react-i18next";

import { toneOf } from "./alarm";
import { overdue, type Critical } from "./open";

const SIGN = { urgent: "‼", critical: "!", review: "▲" } as const;
const BACK = { urgent: "high", critical: "critical", review: "medium" } as const;

/** How long it can wait, as sign, word and colour; of an overdue one that it is. */
export function Urgency({ critical }: { readonly critical: Critical }) {
  const { t } = useTranslation(["critical", "clinical"]);
  const tone = toneOf(critical);
  return (
    <strong className="flag" data-tone={BACK[tone]}>
      <span aria-hidden="true">{SIGN[tone]}</span>{" "}
      {overdue(critical) ? t("clinical:criticalStep.BREACHED") : t(`clinical:urgency.${critical.urgency}`)}
    </strong>
  );
}
