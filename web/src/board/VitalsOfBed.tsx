import { ago, millis } from "../format/time";
import { news2, readings } from "../format/vitals";
import type { Vitals } from "./reduce";

interface VitalsOfBedProps {
  readonly vitals: Vitals | null;
  readonly refused: boolean;
  readonly scoreRefused: boolean;
  readonly now: number;
}

/** Past this, the ward's longest usual interval, an observation is pointed out as old. */
const OLD_MS = 12 * 60 * 60_000;

export function VitalsOfBed({ vitals, refused, scoreRefused, now }: VitalsOfBedProps) {
  if (refused) return <p className="quiet">Vitals: not permitted</p>;
  if (!vitals) return <p className="quiet">No vitals recorded</p>;

  const recorded = millis(vitals.recordedAt) ?? now;
  const score = news2(vitals.news2);
  return (
    <div className="vitals">
      <p className={`news2 news2-${score.tone}`}>
        <span className="news2-label">NEWS2</span>
        {scoreRefused ? (
          <span>not permitted</span>
        ) : (
          <>
            <strong className="news2-number">{score.number}</strong>
            <span className="news2-text">{score.text}</span>
          </>
        )}
      </p>
      <dl className="readings">
        {readings(vitals).map((reading) => (
          <div key={reading.label}>
            <dt>{reading.label}</dt>
            <dd>
              {reading.value ?? "–"}
              {reading.value !== null && <span className="unit"> {reading.unit}</span>}
            </dd>
          </div>
        ))}
      </dl>
      <p className="vitals-age">
        <time dateTime={vitals.recordedAt}>{ago(recorded, now)}</time>
        {now - recorded > OLD_MS && <strong> · old</strong>}
      </p>
    </div>
  );
}
