import { useTranslation } from "react-i18next";

import { useSeconds } from "../app/clock";
import { millis } from "../format/time";
import { countdown } from "./countdown";
import type { Critical } from "./open";

/** Who is called next, and the time until then; of an overdue one that nobody is called any more. */
export function NextStep({ critical }: { readonly critical: Critical }) {
  const { t } = useTranslation(["critical", "clinical"]);
  const now = useSeconds();
  const at = millis(critical.nextEscalationAt);
  const audience = critical.nextEscalationAudience;
  if (at === null || !audience) return t("next.none");
  // Not read out as it runs: the time itself is there for who asks.
  const time = countdown(at - now);
  if (at <= now) return t("next.due", { audience: t(`clinical:audience.${audience}`) });
  return (
    <span>
      {audience === "REPORT" ? t("next.breach") : t("next.calls", { audience: t(`clinical:audience.${audience}`) })}{" "}
      <time role="timer" dateTime={critical.nextEscalationAt ?? undefined} style={{ fontVariantNumeric: "tabular-nums" }}>
        {time}
      </time>
    </span>
  );
}
