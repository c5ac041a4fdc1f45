import type { CriticalOfChartFragment } from "../generated/graphql";

interface Raising {
  readonly criticalResult?: CriticalOfChartFragment | null | undefined;
}

/** The open critical results that hang on these, each once: a repeat hangs on the same one. The longest open first. */
export function openOnes(raising: readonly Raising[]): readonly CriticalOfChartFragment[] {
  const open = new Map<string, CriticalOfChartFragment>();
  for (const { criticalResult } of raising) {
    if (criticalResult?.status === "OPEN") open.set(criticalResult.id, criticalResult);
  }
  return [...open.values()].sort((a, b) => b.escalationLevel - a.escalationLevel || a.raisedAt.localeCompare(b.raisedAt));
}
