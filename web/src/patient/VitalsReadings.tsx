import { useTranslation } from "react-i18next";

import { readings, SCORED } from "../format/vitals";
import type { VitalsOnCardFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import classes from "./VitalsReadings.module.css";

function scored(vitals: VitalsOnCardFragment) {
  return readings(vitals).map((one) => ({ ...one, points: vitals.news2?.parts[SCORED[one.name]] ?? 0 }));
}

/** One set of vital signs in the order of the NEWS2 chart; those that make the score with their points; what was not taken says so. */
export function VitalsReadings({ vitals }: { readonly vitals: VitalsOnCardFragment }) {
  const { t } = useTranslation(["clinical", "board"]);
  const format = useFormat();
  const oxygen = vitals.onOxygen === null ? null : t(vitals.onOxygen ? "vital.onOxygen" : "vital.onAir");

  function shown(name: string, value: string | null): string {
    if (value === null) return "–";
    if (name === "consciousness") return t(`consciousness.${value}` as "consciousness.ALERT");
    return name === "pressure" ? value : format.decimal(value);
  }

  return (
    <dl className={classes.readings}>
      {scored(vitals).map(({ name, value, unit, points }) => (
        <div key={name} className={classes.reading}>
          <dt>
            {t(`vital.${name}`)}
            {points > 0 && (
              <bdi className={classes.points} title={t("board:card.points", { count: points })}>
                +{points}
              </bdi>
            )}
          </dt>
          <dd>
            <strong>
              <bdi>{shown(name, value)}</bdi>
            </strong>{" "}
            {value !== null && <bdi>{unit}</bdi>}
            {name === "saturation" && oxygen && <span> {oxygen}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
