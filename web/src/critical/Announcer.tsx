import { VisuallyHidden } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import { patientName } from "../format/patient";
import { finding } from "../format/result";
import { useFormat } from "../i18n/format";
import type { Herald, Word } from "./herald";

/** Where a screen reader hears of each critical result, over whatever it is reading. */
export function Announcer({ herald }: { readonly herald: Herald }) {
  const { t } = useTranslation(["critical", "clinical"]);
  const { decimal } = useFormat();
  const words = useSyncExternalStore(herald.subscribe, herald.snapshot);

  function said(word: Word): string {
    if (word.kind === "STANDING") return t("said.STANDING", { count: word.count });
    const { kind, critical } = word;
    const bed = critical.patient?.admission?.bed?.code;
    return [
      t(`said.${kind as "RAISED"}`, {
        what: finding(critical, decimal) ?? t("notShown.result"),
        who: critical.patient ? patientName(critical.patient) : t("notShown.patient"),
      }),
      bed && `${t("clinical:word.bed")} ${bed}`,
    ]
      .filter(Boolean)
      .join(", ");
  }

  return (
    <VisuallyHidden component="div" aria-live="assertive" aria-relevant="additions" data-announcer="">
      {words.map((word) => (
        <p key={word.n}>{said(word)}</p>
      ))}
    </VisuallyHidden>
  );
}
