import { describe, expect, it } from "vitest";

import { LIMITS, type Field } from "./measurements";
import { news2Of, notApplicable, SCORED, type Measured, type Scale } from "./news2";
import written from "./news2.cases.json";

type Row = readonly (number | string | boolean | null)[];
type Case = readonly [scale: Scale, measured: Row, points: Row, verdict: readonly unknown[]];

function named(row: Row): Readonly<Record<string, unknown>> {
  return Object.fromEntries(SCORED.map((name, at) => [name, row[at]]));
}

describe("the score of the page is the server's", () => {
  it.each(written.cases as unknown as readonly Case[])("%s %j", (scale, measured, points, verdict) => {
    const { parts, total, highestSingle, risk, missing } = news2Of(named(measured) as unknown as Measured, scale);
    expect(SCORED.map((name) => parts[name] ?? null)).toEqual(points);
    expect([total, highestSingle, risk, missing]).toEqual(verdict);
  });

  it("has the server's limits", () => {
    const limits: Readonly<Record<string, object>> = written.limits;
    expect(Object.keys(LIMITS).sort()).toEqual(Object.keys(limits).sort());
    for (const [field, limit] of Object.entries(limits)) expect(LIMITS[field as Field]).toMatchObject(limit);
  });
});

describe("the score does not apply", () => {
  const at = new Date("2026-11-21T12:00:00Z");
  const adult = { birthDate: "1950-01-01", pregnancies: [] };
  const pregnancy = { onset: "2026-06-01", abatement: null, enteredInErrorAt: null };

  it("under 16 years, and applies from the sixteenth birthday on", () => {
    expect(notApplicable({ ...adult, birthDate: "2010-11-22" }, at)).toBe("AGE");
    expect(notApplicable({ ...adult, birthDate: "2026-11-01" }, at)).toBe("AGE");
    expect(notApplicable({ ...adult, birthDate: "2010-11-21" }, at)).toBeNull();
    expect(notApplicable({ ...adult, birthDate: null }, at)).toBeNull();
  });

  it("in a pregnancy that counts on that day", () => {
    const on = (changed: Partial<typeof pregnancy> | { readonly abatement: string } | { readonly enteredInErrorAt: string }) =>
      notApplicable({ ...adult, pregnancies: [{ ...pregnancy, ...changed }] }, at);
    expect(on({})).toBe("PREGNANCY");
    expect(on({ onset: "2026-11-21" })).toBe("PREGNANCY");
    expect(on({ onset: "2026-11-22" })).toBeNull();
    expect(on({ onset: "2026-01-31" })).toBeNull();
    expect(on({ onset: "2026-02-01" })).toBe("PREGNANCY");
    expect(on({ abatement: "2026-11-21" })).toBeNull();
    expect(on({ enteredInErrorAt: "2026-06-02T00:00:00Z" })).toBeNull();
    expect(notApplicable({ ...adult, pregnancies: null }, at)).toBeNull();
  });
});
