import type { Client } from "@urql/core";
import { useRef, useState } from "react";

import { useNow } from "../app/clock";
import type { Critical } from "../board/reduce";
import { patientName } from "../format/patient";
import { interpretationText, referenceRange, resultValue } from "../format/result";
import { ago, clock, millis } from "../format/time";
import { ReadBack } from "./ReadBack";

interface CriticalItemProps {
  readonly client: Client;
  readonly critical: Critical;
  readonly bed: string | null;
  readonly mayAcknowledge: boolean;
  readonly onAcknowledged: (critical: Critical) => void;
}

export function CriticalItem({ client, critical, bed, mayAcknowledge, onAcknowledged }: CriticalItemProps) {
  const now = useNow();
  const [reading, setReading] = useState(false);
  const item = useRef<HTMLLIElement>(null);
  const lab = critical.labResult;
  const range = lab && referenceRange(lab.referenceLow, lab.referenceHigh);
  const next = millis(critical.nextEscalationAt);
  const deteriorates = critical.kind === "DETERIORATION";

  function cancel() {
    setReading(false);
    // Its button is not there yet; the item is, and the button comes next from it.
    item.current?.focus();
  }

  return (
    <li className="critical-item" ref={item} tabIndex={-1}>
      <div className="critical-what">
        <p className="critical-value">
          {lab ? (
            <>
              {lab.display} <strong>{resultValue(lab)}</strong>
            </>
          ) : deteriorates ? (
            <>
              Vital signs <strong>{critical.rule}</strong>
            </>
          ) : (
            "Result: not permitted"
          )}
        </p>
        {lab && (
          <p className="quiet">
            {interpretationText(lab.interpretation)}
            {range !== null && `, reference ${range}`}
            {`, ${critical.rule}`}
          </p>
        )}
      </div>
      <div className="critical-who">
        <p>
          {bed !== null && <strong>Bed {bed} · </strong>}
          {critical.patient ? (
            <>
              {patientName(critical.patient)} <span className="quiet">MRN {critical.patient.mrn}</span>
            </>
          ) : (
            "Patient: not permitted"
          )}
        </p>
        <p className="quiet">
          Raised <time dateTime={critical.raisedAt}>{ago(millis(critical.raisedAt) ?? now, now)}</time>
          {critical.escalationLevel > 0 && <strong> · escalated, level {critical.escalationLevel}</strong>}
          {next !== null && (next > now ? ` · next step at ${clock(next)}` : " · next step due")}
        </p>
      </div>
      {mayAcknowledge ? (
        !reading && (
          <button type="button" className="primary" onClick={() => setReading(true)}>
            Acknowledge
            <span className="only-spoken">
              {" "}
              {deteriorates ? "vital signs" : lab?.display} of {critical.patient ? patientName(critical.patient) : "this patient"}
            </span>
          </button>
        )
      ) : (
        <p className="quiet">Acknowledging: not permitted</p>
      )}
      {reading && (
        <ReadBack
          client={client}
          critical={critical}
          onAcknowledged={onAcknowledged}
          onCancel={cancel}
        />
      )}
    </li>
  );
}
