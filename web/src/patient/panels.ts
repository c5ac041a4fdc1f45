/** Panels of several collections side by side: a row for each test, a column for each collection. */
import type { LabPanelsQuery, ResultOfChartFragment } from "../generated/graphql";

export type Collected = NonNullable<NonNullable<LabPanelsQuery["patient"]>["labPanels"]>[number];

export interface PanelColumn {
  readonly collectedAt: string;
  readonly complete: boolean;
}

export interface PanelRow {
  /** The test's name in the panel. */
  readonly name: string;
  /** As the laboratory calls it, which is shorter. */
  readonly display: string;
  /** By which its trend is asked for. */
  readonly code: string;
  /** Null where the collections differ in it: each value then carries its own. */
  readonly unit: string | null;
  /** For each column: the result, or null where the collection has none. */
  readonly cells: readonly (ResultOfChartFragment | null)[];
}

export interface PanelGrid {
  readonly columns: readonly PanelColumn[];
  readonly rows: readonly PanelRow[];
}

export function panelGrid(collected: readonly Collected[]): PanelGrid {
  const names = [...new Set(collected.flatMap(({ members }) => (members ?? []).map((member) => member.name)))];
  const rows = names.map((name): PanelRow => {
    const members = collected.map(({ members }) => members?.find((member) => member.name === name) ?? null);
    const cells = members.map((member) => member?.result ?? null);
    const results = cells.filter((cell) => cell !== null);
    const units = new Set(results.map((result) => result.unit));
    const code = results[0]?.code ?? members.find((member) => member !== null)?.code ?? "";
    return {
      name,
      display: results[0]?.display ?? name,
      code,
      unit: units.size === 1 ? (results[0]?.unit ?? null) : null,
      cells,
    };
  });
  return { columns: collected.map(({ collectedAt, complete }) => ({ collectedAt, complete })), rows };
}
