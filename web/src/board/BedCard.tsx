import { useNow } from "../app/clock";
import { age, patientName, sexShort } from "../format/patient";
import { words } from "../format/words";
import type { Bed, Critical } from "./reduce";
import { VitalsOfBed } from "./VitalsOfBed";

interface BedCardProps {
  readonly bed: Bed;
  readonly refused: ReadonlySet<string>;
  /** The ward's open ones; null where this person may not see them. */
  readonly criticals: readonly Critical[] | null;
}

const ADMISSION = "ward.beds.admission";
const PATIENT = `${ADMISSION}.patient`;

/** The statuses of a bed in which somebody lies. */
const LIES_IN: readonly string[] = ["OCCUPIED", "ISOLATED"];

/** True where the field or one that it lies in was refused. */
function isRefused(refused: ReadonlySet<string>, path: string): boolean {
  return [...refused].some((one) => path === one || path.startsWith(`${one}.`));
}

export function BedCard({ bed, refused, criticals }: BedCardProps) {
  const now = useNow();
  const patient = bed.admission?.patient;
  const open = patient ? (criticals ?? []).filter((one) => one.patient?.id === patient.id).length : 0;
  const years = patient && age(patient.birthDate, new Date(now));

  return (
    <li className={`bed ${open > 0 ? "bed-critical" : ""} ${patient ? "" : "bed-empty"}`}>
      <div className="bed-head">
        <strong className="bed-code">{bed.code}</strong>
        <span className={`status status-${bed.status.toLowerCase()}`}>{words(bed.status)}</span>
        {open > 0 && (
          <a href="#critical-heading" className="critical-count">
            <span aria-hidden="true">⚠ </span>
            {open}
            <span className="only-spoken"> open critical {open === 1 ? "result" : "results"}</span>
          </a>
        )}
      </div>
      {patient && (
        <>
          <h3 className="bed-patient">
            {patientName(patient)}
            <span className="quiet">{[years, sexShort(patient.sex)].filter(Boolean).join(", ")}</span>
          </h3>
          <VitalsOfBed
            vitals={patient.latestVitals}
            refused={isRefused(refused, `${PATIENT}.latestVitals`)}
            scoreRefused={isRefused(refused, `${PATIENT}.latestVitals.news2`)}
            now={now}
          />
        </>
      )}
      {!patient && (bed.admission ?? (LIES_IN.includes(bed.status) && isRefused(refused, PATIENT))) && <p className="quiet">Patient: not permitted</p>}
      {bed.reserved && (
        <p className="quiet">Reserved{bed.reservedFor ? ` for ${patientName(bed.reservedFor)}` : ""}</p>
      )}
    </li>
  );
}
