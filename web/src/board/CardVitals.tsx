import { VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { readings, SCORED, type ReadingName } from "../format/vitals";
import { useFormat } from "../i18n/format";
import { Ago } from "../ui/Ago";
import classes from "./BedCard.module.css";
import type { Vitals } from "./reduce";

/** By the letters of the chart: ACVPU. */
function letter(consciousness: string): string {
  return consciousness.slice(0, 1);
}

/** The newest readings in the order of the NEWS2 chart; those that make the score are marked with their points. */
export function CardVitals({ vitals }: { readonly vitals: Vitals }) {
  const { t } = useTranslation(["clinical", "board"]);
  const format = useFormat();
  const parts = vitals.news2?.parts;

  function shown(name: ReadingName, value: string, unit: string) {
    if (name === "consciousness") {
      const word = t(`consciousness.${value}` as "consciousness.ALERT");
      return (
        <span title={word}>
          <span aria-hidden="true">{letter(value)}</span>
          <VisuallyHidden>{word}</VisuallyHidden>
        </span>
      );
    }
    // A measured value is written from left to right in every language.
    return (
      <bdi dir="ltr">
        {name === "pressure" ? value : format.decimal(value)} <span className={classes.unit}>{unit}</span>
      </bdi>
    );
  }

  return (
    <>
      <dl className={classes.readings}>
        {readings(vitals).map(({ name, value, unit }) => {
          const points = parts?.[SCORED[name]] ?? 0;
          return (
            <div key={name} className={classes.reading} data-points={points}>
              <dt>
                {t(`vital.${name}`)}
                {points > 0 && (
                  <bdi className={classes.points} title={t("board:card.points", { count: points })}>
                    +{points}
                  </bdi>
                )}
              </dt>
              <dd>
                {value === null ? <span title={t("word.noValue")}>–</span> : shown(name, value, unit)}
              </dd>
            </div>
          );
        })}
      </dl>
      <div className={classes.measured}>
        <Ago at={vitals.recordedAt} />
        {vitals.onOxygen !== null && (
          <span data-oxygen={vitals.onOxygen}> · {t(vitals.onOxygen ? "vital.onOxygen" : "vital.onAir")}</span>
        )}
      </div>
    </>
  );
}
