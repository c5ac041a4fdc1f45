import { useTranslation } from "react-i18next";

import { interpretationSign } from "../format/result";

type Code =
  | "NORMAL" | "LOW" | "HIGH" | "CRITICAL_LOW" | "CRITICAL_HIGH" | "ABNORMAL" | "CRITICAL_ABNORMAL" | "NOT_JUDGED";

/** The tone of a judgement; beside it always its sign or word. */
export function toneOf(code: Code): string {
  if (code.startsWith("CRITICAL")) return "critical";
  return code === "NORMAL" ? "low" : "single";
}

/** How a result was judged: sign, word and colour. */
export function Interpretation({ code }: { readonly code: Code }) {
  const { t } = useTranslation("clinical");
  return (
    <span className="flag" data-tone={toneOf(code)}>
      <span aria-hidden="true">{interpretationSign(code)}</span> {t(`interpretation.${code}`)}
    </span>
  );
}
