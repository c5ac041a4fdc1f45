import { describe, expect, it } from "vitest";

import { actionsOf, waiting, type Order } from "./doses";
import { panelGrid, type Collected } from "./panels";

function collected(collectedAt: string, members: readonly (readonly [name: string, value: string | null, unit?: string])[]): Collected {
  return {
    collectedAt,
    complete: members.every(([, value]) => value !== null),
    members: members.map(([name, value, unit = "g/dL"]) => ({
      name,
      code: `code of ${name}`,
      missing: value === null,
      result: value === null ? null : { id: `${name} ${collectedAt}`, code: `sent ${name}`, display: name.slice(0, 2), value, unit },
    })),
  } as Collected;
}

describe("panels side by side", () => {
  const grid = panelGrid([
    collected("2026-03-03", [["Haemoglobin", "9.1"], ["Platelets", null]]),
    collected("2026-03-02", [["Haemoglobin", "91", "g/L"], ["Platelets", "140"]]),
  ]);

  it("have a row for each test and a column for each collection, with what is missing", () => {
    expect(grid.columns.map(({ complete }) => complete)).toEqual([false, true]);
    expect(grid.rows.map(({ cells }) => cells.map((cell) => cell?.value ?? null))).toEqual([
      ["9.1", "91"],
      [null, "140"],
    ]);
  });

  it("name a unit once where it is one, and with each value where they differ", () => {
    expect(grid.rows.map(({ unit }) => unit)).toEqual([null, "g/dL"]);
  });

  it("ask for a trend by the code that was sent", () => {
    expect(grid.rows.map(({ code, display }) => [code, display])).toEqual([
      ["sent Haemoglobin", "Ha"],
      ["sent Platelets", "Pl"],
    ]);
  });
});

describe("what is due", () => {
  const order = (drug: string, doses: readonly (readonly [state: string, dueAt: string])[]): Order =>
    ({ id: drug, drug, doses: doses.map(([state, dueAt]) => ({ state, dueAt })) }) as never;

  it("is what waits before the end, the earliest first", () => {
    const until = Date.parse("2026-03-03T12:00:00Z");
    const due = waiting(
      [
        order("b", [["DUE", "2026-03-03T10:00:00Z"], ["DUE", "2026-03-03T12:00:00Z"]]),
        order("a", [["LATE", "2026-03-03T08:00:00Z"], ["GIVEN", "2026-03-03T07:00:00Z"], ["HELD", "2026-03-03T10:00:00Z"]]),
      ],
      until,
    );
    expect(due.map(({ order: { drug }, dose: { state } }) => `${drug} ${state}`)).toEqual(["a LATE", "a HELD", "b DUE"]);
  });

  it("leaves nothing to be done with an order that has ended", () => {
    expect(actionsOf({ status: "STOPPED" } as Order)).toEqual([]);
    expect(actionsOf({ status: "ON_HOLD" } as Order)).toContain("resume");
  });
});
