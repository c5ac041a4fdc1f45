/**
 * The open critical results and what live events do to them, without the page and without the network. Every change may
 * be applied twice, so events may be put again over a newer snapshot.
 */
import type { CriticalFragment, OpenCriticalResultsQuery } from "../generated/graphql";

export type Critical = CriticalFragment;

export interface OpenCriticals {
  /** Most pressing first; null where this person may not see them. */
  readonly open: readonly Critical[] | null;
  /** Open ones in all, of which `open` holds the first. */
  readonly total: number;
}

const URGENCIES: readonly string[] = ["EMERGENCY", "CRITICAL", "URGENT_REVIEW"];

/** Open, and every step of its chain is made: nobody is called any more. */
export function overdue(critical: Critical): boolean {
  return critical.status === "OPEN" && (critical.nextEscalationAt ?? null) === null;
}

/** Overdue ones first, then by urgency, then the further escalated, then those that have waited longest. */
export function pressing(a: Critical, b: Critical): number {
  return (
    Number(overdue(b)) - Number(overdue(a)) ||
    URGENCIES.indexOf(a.urgency) - URGENCIES.indexOf(b.urgency) ||
    b.escalationLevel - a.escalationLevel ||
    a.raisedAt.localeCompare(b.raisedAt) ||
    a.id.localeCompare(b.id)
  );
}

export function openOf({ criticalResults }: OpenCriticalResultsQuery): OpenCriticals {
  return {
    open: criticalResults ? [...criticalResults.nodes].sort(pressing) : null,
    total: criticalResults?.totalCount ?? 0,
  };
}

export function without(state: OpenCriticals, id: string): OpenCriticals {
  if (!state.open?.some((one) => one.id === id)) return state;
  return { open: state.open.filter((one) => one.id !== id), total: state.total - 1 };
}

export function withCritical(state: OpenCriticals, critical: Critical): OpenCriticals {
  if (state.open === null) return state;
  const others = state.open.filter((one) => one.id !== critical.id);
  const open = critical.status === "OPEN";
  const change = others.length + (open ? 1 : 0) - state.open.length;
  return {
    open: open ? [...others, critical].sort(pressing) : others,
    total: state.total + change,
  };
}
