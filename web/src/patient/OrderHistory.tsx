import { useTranslation } from "react-i18next";

import { millis } from "../format/time";
import { useFormat } from "../i18n/format";
import type { Order } from "./doses";
import classes from "./MedicationTab.module.css";

interface Line {
  readonly key: string;
  readonly at: string;
  readonly what: string;
  readonly by: string | null;
  readonly reason: string | null;
}

/** What happened to an order and which doses were given, newest first. */
export function OrderHistory({ order }: { readonly order: Order }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const format = useFormat();
  const steps = (order.history ?? []).map((step): Line => ({
    key: `${step.kind} ${step.occurredAt}`,
    at: step.occurredAt,
    what: t(`orderStep.${step.kind}`),
    by: step.by,
    reason: step.reason,
  }));
  const doses = (order.administrations?.nodes ?? []).map((one): Line => ({
    key: one.id,
    at: one.givenAt,
    what: [t(`administration.${one.status}`), one.dose && `${format.decimal(one.dose)} ${one.doseUnit ?? ""}`].filter(Boolean).join(" "),
    by: one.givenBy,
    reason: one.reason,
  }));
  const lines = [...steps, ...doses].sort((a, b) => b.at.localeCompare(a.at));
  return (
    <ul className={classes.history}>
      {lines.map((line) => (
        <li key={line.key}>
          <time dateTime={line.at}>{format.dateTime(millis(line.at) ?? 0)}</time>
          <span>
            {line.what}
            {line.reason && ` – ${line.reason}`}
          </span>
          <bdi>{line.by}</bdi>
        </li>
      ))}
    </ul>
  );
}
