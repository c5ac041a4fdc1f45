import type { Client } from "@urql/core";
import { useRef } from "react";

import type { Critical } from "../board/reduce";
import { CriticalItem } from "./CriticalItem";

interface CriticalResultsProps {
  readonly client: Client;
  readonly criticals: readonly Critical[] | null;
  readonly total: number;
  readonly closing: string;
  readonly mayAcknowledge: boolean;
  readonly bedOf: (critical: Critical) => string | null;
  readonly onAcknowledged: (critical: Critical) => void;
}

export function CriticalResults({ criticals, total, closing, bedOf, onAcknowledged, ...item }: CriticalResultsProps) {
  const heading = useRef<HTMLHeadingElement>(null);

  function acknowledged(critical: Critical) {
    onAcknowledged(critical);
    // The form that had the focus is gone; the heading says how many are left.
    heading.current?.focus();
  }

  return (
    <section aria-labelledby="critical-heading" className="critical">
      <h2 id="critical-heading" ref={heading} tabIndex={-1} className={total > 0 ? "critical-banner" : "critical-none"}>
        {criticals === null && "Critical results: not permitted"}
        {criticals !== null && total === 0 && "No open critical results"}
        {total > 0 && (
          <>
            <span aria-hidden="true">⚠ </span>
            {total} open critical {total === 1 ? "result" : "results"}
          </>
        )}
      </h2>
      {criticals !== null && criticals.length > 0 && (
        <ul className="critical-list">
          {criticals.map((critical) => (
            <CriticalItem key={critical.id} critical={critical} bed={bedOf(critical)} onAcknowledged={acknowledged} {...item} />
          ))}
        </ul>
      )}
      {criticals !== null && total > criticals.length && (
        <p className="quiet">{total - criticals.length} more are shown as these are acknowledged.</p>
      )}
      <p role="status" className="critical-closing">
        {closing !== "" && (
          <>
            <span aria-hidden="true">✓ </span>
            {closing}
          </>
        )}
      </p>
    </section>
  );
}
