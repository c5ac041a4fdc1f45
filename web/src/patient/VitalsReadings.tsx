import { useTranslation } from "react-i18next";

import { readings } from "../format/vitals";
import type { VitalsOfChartFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import classes from "./VitalsReadings.module.css";

/** One set of vital signs in the order of the NEWS2 chart; what was not taken says so. */
export function VitalsReadings({ vitals }: { readonly vitals: VitalsOfChartFragment }) {
  const { t } = useTranslation("clinical");
  const format = useFormat();
  const oxygen = vitals.onOxygen === null ? null : t(vitals.onOxygen ? "vital.onOxygen" : "vital.onAir");

  function shown(name: string, value: string | null): string {
    if (value === null) return "–";
    if (name === "consciousness") return t(`consciousness.${value}` as "consciousness.ALERT");
    return name === "pressure" ? value : format.decimal(value);
  }

  return (
    <dl className={classes.readings}>
      {readings(vitals).map(({ name, value, unit }) => (
        <div key={name} className={classes.reading}>
          <dt>{t(`vital.${name}`)}</dt>
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
