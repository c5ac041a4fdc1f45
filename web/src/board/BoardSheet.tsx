import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { finding } from "../format/result";
import { millis } from "../format/time";
import { news2, readings } from "../format/vitals";
import { useFormat } from "../i18n/format";
import { PatientLine } from "../ui/PatientLine";
import classes from "./BoardSheet.module.css";
import type { Board } from "./reduce";
import type { Place } from "./selection";

function Row({ bed, criticals, due }: Place) {
  const { t } = useTranslation(["board", "clinical"]);
  const format = useFormat();
  const now = useNow();
  const patient = bed.admission?.patient;
  const vitals = patient?.latestVitals;
  const score = news2(vitals?.news2 ?? null);
  const at = millis(vitals?.recordedAt);
  const next = millis(due?.next);
  const isolations = patient?.isolations ?? [];
  return (
    <tr>
      <th scope="row">{bed.code}</th>
      <td>
        {patient ? (
          <>
            <PatientLine patient={patient} /> · {patient.mrn}
            {isolations.length > 0 && ` · ${isolations.map(({ kind }) => t(`clinical:isolation.${kind}`)).join(", ")}`}
          </>
        ) : (
          t(`clinical:bedStatus.${bed.status}`)
        )}
      </td>
      <td>{vitals && `${score.number} (${t(`clinical:news2Tone.${score.tone}`)})`}</td>
      <td>
        {at !== null && `${format.clock(at, now)}: `}
        {vitals &&
          readings(vitals)
            .filter(({ value }) => value !== null)
            .map(({ name, value, unit }) => {
              const word = name === "consciousness" ? t(`clinical:consciousness.${value ?? ""}` as "clinical:consciousness.ALERT") : value;
              const shown = name === "temperature" ? format.decimal(value ?? "") : word;
              return [t(`clinical:vital.${name}`), shown, unit].filter(Boolean).join(" ");
            })
            .concat(vitals.onOxygen === null ? [] : t(vitals.onOxygen ? "clinical:vital.onOxygen" : "clinical:vital.onAir"))
            .join(" · ")}
      </td>
      <td>{criticals.map((one) => finding(one, format.decimal) ?? "!").join("; ")}</td>
      <td>
        {due &&
          [
            due.late > 0 && t("due.late", { count: due.late }),
            due.soon > 0 && t("due.soon", { count: due.soon, time: next === null ? "" : format.clock(next, now) }),
          ]
            .filter(Boolean)
            .join(", ")}
      </td>
      <td />
    </tr>
  );
}

/** In the page only while the board is printed: a chart is printed upright. */
const PAPER = "@page { size: landscape; margin: 8mm; }";

/** The board on paper, for a handover: one line for each bed, with room for a note. */
export function BoardSheet({ board, places }: { readonly board: Board; readonly places: readonly Place[] }) {
  const { t } = useTranslation(["board", "clinical"]);
  const format = useFormat();
  const now = useNow();
  return (
    <div className={classes.sheet}>
      <style>{PAPER}</style>
      <h1>
        {board.ward.name} · {format.dateTime(now)}
      </h1>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("clinical:word.bed")}</th>
            <th scope="col">{t("clinical:word.patient")}</th>
            <th scope="col">{t("clinical:news2.label")}</th>
            <th scope="col">{t("sheet.vitals")}</th>
            <th scope="col">{t("card.criticals")}</th>
            <th scope="col">{t("show.due")}</th>
            <th scope="col">{t("sheet.note")}</th>
          </tr>
        </thead>
        <tbody>
          {places.map((place) => (
            <Row key={place.bed.id} {...place} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
