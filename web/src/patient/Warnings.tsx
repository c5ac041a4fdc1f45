import { useTranslation } from "react-i18next";

import { millis } from "../format/time";
import { useFormat } from "../i18n/format";
import type { Order } from "./doses";
import classes from "./MedicationTab.module.css";

type Warning = NonNullable<Order["currentWarnings"]>[number];

const TONE = { HIGH: "critical", MODERATE: "medium", LOW: "single" } as const;

/** What an order is warned of, and who placed it in spite of that and why. */
export function Warnings({ warnings }: { readonly warnings: readonly Warning[] | null }) {
  const { t } = useTranslation("patient");
  const format = useFormat();
  if (!warnings || warnings.length === 0) return null;
  return (
    <ul className={classes.warnings} aria-label={t("order.warnings")}>
      {warnings.map((warning) => (
        <li key={`${warning.kind} ${warning.message}`} className={classes.warning} data-tone={TONE[warning.severity]}>
          <span aria-hidden="true">⚠</span> <strong>{t(`order.severity.${warning.severity}`)}</strong> {warning.message}
          {warning.overrideReason && (
            <span className={classes.override}>
              {t("order.overridden", {
                by: warning.overriddenBy ?? "–",
                time: format.dateTime(millis(warning.overriddenAt) ?? 0),
                reason: warning.overrideReason,
              })}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
