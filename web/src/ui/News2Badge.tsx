import { useTranslation } from "react-i18next";

import { news2, type News2Tone, type Score } from "../format/vitals";
import classes from "./News2Badge.module.css";

/** A shape for each tone, so that who does not see the colour still sees the risk; on a field of 24 by 24. */
const SHAPE: Readonly<Record<News2Tone, string>> = {
  none: "M4 11h16v2H4z",
  incomplete: "M3 3h18v18H3zm2.5 2.5v13h13v-13z",
  low: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z",
  single: "M12 1l11 11-11 11L1 12z",
  medium: "M12 2l11 20H1z",
  high: "M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z",
};

interface News2BadgeProps {
  readonly score: Score;
  /** "fit" is as large as the text around it. */
  readonly size?: "sm" | "lg" | "fit";
}

/** NEWS2 as colour, shape, number and word. */
export function News2Badge({ score, size = "sm" }: News2BadgeProps) {
  const { t } = useTranslation("clinical");
  const { tone, number, missing } = news2(score);
  const names = missing.map((one) => t(`news2Missing.${one}` as "news2Missing.temperature")).join(", ");
  const said = [t(`news2Tone.${tone}`), names && t("news2.missing", { what: names })].filter(Boolean).join("; ");
  return (
    <span className={classes.badge} data-tone={tone} data-size={size} title={said}>
      <svg viewBox="0 0 24 24" aria-hidden="true" className={classes.shape}>
        <path d={SHAPE[tone]} fillRule="evenodd" />
      </svg>
      <span className={classes.name}>{t("news2.label")}</span> <strong>{number}</strong>{" "}
      <span className={classes.word}>{t(`news2Tone.${tone}`)}</span>
    </span>
  );
}
