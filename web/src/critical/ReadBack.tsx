import type { Client, CombinedError } from "@urql/core";
import { useEffect, useId, useRef, useState, type SubmitEvent } from "react";

import { hasCode, sentence } from "../api/errors";
import { textOf } from "../app/form";
import type { Critical } from "../board/reduce";
import { readBackNumber } from "../format/result";
import { AcknowledgeCriticalResultDocument } from "../generated/graphql";

interface ReadBackProps {
  readonly client: Client;
  readonly critical: Critical;
  readonly onAcknowledged: (critical: Critical) => void;
  readonly onCancel: () => void;
}

function refusal(error: CombinedError, typed: string, what: What): string {
  if (hasCode(error, "READ_BACK_DIFFERS")) {
    if (what === "score") {
      return `Not acknowledged: ${typed} is not the score of these vital signs. The attempt is on record. Look at the chart again.`;
    }
    return (
      `Not acknowledged: ${typed} is not the value of this result. The attempt is on record. ` +
      "Look at the result again, read it back to the laboratory once more, and type the value that you both have."
    );
  }
  if (hasCode(error, "CONFLICT")) {
    return "Not acknowledged: this result is no longer open. Somebody else has acknowledged it, or the laboratory has withdrawn it.";
  }
  if (hasCode(error, "FORBIDDEN")) return "Not acknowledged: your role may not acknowledge this result.";
  if (hasCode(error, "NOT_FOUND")) {
    return "Not acknowledged: this result is no longer open to you. The patient may have moved to another ward.";
  }
  return `Not acknowledged. ${sentence(error)}`;
}

/** What is read back: a number of the laboratory, its words where it sent no number, or the score of vital signs. */
type What = "value" | "text" | "score";

function readBackOf({ kind, labResult }: Critical): What {
  if (kind === "DETERIORATION") return "score";
  return labResult?.value === null ? "text" : "value";
}

const ASKED: Readonly<Record<What, { readonly task: string; readonly label: string; readonly wrong: string }>> = {
  value: {
    task: "Read the result back to the person who reported it, then type the value that you read.",
    label: "Value read back",
    wrong: "Type the value as a number, for example 6.9, without the unit.",
  },
  text: {
    task: "Read the result back to the person who reported it, then type the words that you read.",
    label: "Text read back",
    wrong: "Type the words of the result.",
  },
  score: {
    task: "Look at the patient, then type the NEWS2 total; where a parameter is missing, the highest single score.",
    label: "NEWS2 read back",
    wrong: "Type the score as a number, for example 7.",
  },
};

/** The form in which the value is read back: what was heard is typed, never taken over by a click. */
export function ReadBack({ client, critical, onAcknowledged, onCancel }: ReadBackProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const unit = critical.labResult?.unit;
  const what = readBackOf(critical);
  const asked = ASKED[what];

  useEffect(() => field.current?.focus(), []);

  async function acknowledge(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const values = new FormData(event.currentTarget);
    const typed = textOf(values, "readBack").trim();
    const note = textOf(values, "note").trim();
    // Words are read back in the note; the number that the API asks for beside it is not looked at there.
    const readBack = what === "text" ? (typed === "" ? null : "0") : readBackNumber(typed);
    const said = what === "text" ? typed : note;
    if (readBack === null) {
      setProblem(asked.wrong);
      field.current?.focus();
      return;
    }
    setBusy(true);
    setProblem(null);
    const { data, error } = await client
      .mutation(AcknowledgeCriticalResultDocument, {
        input: { criticalResultId: critical.id, readBack, ...(said === "" ? {} : { note: said }) },
      })
      .toPromise();
    setBusy(false);
    // Refused fields of the answer come beside data; only an answer without the result is a refusal of the mutation.
    const acknowledged = data?.acknowledgeCriticalResult.criticalResult;
    if (acknowledged) {
      onAcknowledged(acknowledged);
    } else {
      setProblem(error ? refusal(error, typed, what) : "Not acknowledged. Try again.");
      field.current?.select();
    }
  }

  return (
    <form className="read-back" onSubmit={(event) => void acknowledge(event)} noValidate>
      <p>{asked.task}</p>
      <div className="read-back-fields">
        <div>
          <label htmlFor={`${id}-value`}>{asked.label}{unit ? ` (${unit})` : ""}</label>
          <input
            id={`${id}-value`}
            ref={field}
            name="readBack"
            inputMode={what === "text" ? "text" : "decimal"}
            autoComplete="off"
            aria-invalid={problem !== null}
            aria-describedby={`${id}-problem`}
          />
        </div>
        {what !== "text" && (
          <div>
            <label htmlFor={`${id}-note`}>Note (optional)</label>
            <input id={`${id}-note`} name="note" autoComplete="off" maxLength={500} />
          </div>
        )}
      </div>
      <div id={`${id}-problem`} role="alert">
        {problem !== null && <p className="notice notice-error">{problem}</p>}
      </div>
      <div className="buttons">
        <button type="submit" className="primary" disabled={busy}>
          {busy ? "Sending…" : "Confirm read-back"}
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
