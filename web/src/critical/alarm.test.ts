import { expect, it } from "vitest";

import { audible, QUIET, step, toneOf, type Alarm, type Tone } from "./alarm";
import type { Mute } from "./mute";
import type { Critical } from "./open";
import { sample } from "./sample";

const T = 1_000_000;

/** What sounds when the station looks at these moments, in seconds: [at, tone]. */
function bursts(seen: readonly (readonly [at: number, heard: readonly Critical[]])[]): readonly (readonly [number, Tone])[] {
  let alarm: Alarm = QUIET;
  return seen.flatMap(([at, heard]) => {
    const next = step(alarm, heard, T + at * 1_000);
    alarm = next.alarm;
    return next.burst === null ? [] : [[at, next.burst] as const];
  });
}

function everySecond(seconds: number, heard: readonly Critical[]) {
  return Array.from({ length: seconds }, (_, at) => [at, heard] as const);
}

it("sounds at once, and again until nothing is open", () => {
  const heard = bursts([...everySecond(50, [sample()]), [50, []], [70, []]]);
  expect(heard).toEqual([[0, "critical"], [20, "critical"], [40, "critical"]]);
});

it("sounds the more often the more urgent it is, by the most urgent alone", () => {
  const emergency = sample({ id: "crt_2", urgency: "EMERGENCY" });
  const review = sample({ id: "crt_3", urgency: "URGENT_REVIEW" });
  expect(bursts(everySecond(25, [sample(), emergency])).map(([at]) => at)).toEqual([0, 10, 20]);
  expect(bursts(everySecond(70, [review]))).toEqual([[0, "review"], [60, "review"]]);
  expect(toneOf(sample({ urgency: "URGENT_REVIEW", nextEscalationAt: null }))).toBe("urgent");
});

it("sounds at once for a new one, a worse one and an escalated one, but never over itself", () => {
  const { labResult } = sample();
  const worse = sample({ labResult: labResult && { ...labResult, id: "lab_2" } });
  const second = sample({ id: "crt_2" });
  expect(bursts([[0, [sample()]], [2, [sample(), second]], [4, [sample(), second]], [10, [worse, second]]]).map(([at]) => at)).toEqual([0, 4, 10]);
  expect(bursts([[0, [sample()]], [6, [sample({ escalationLevel: 1 })]], [12, [sample({ escalationLevel: 1 })]]]).map(([at]) => at)).toEqual([0, 6]);
});

it("is not silenced by a clock that was set back", () => {
  expect(bursts([[0, [sample()]], [-3_600, [sample()]]]).length).toBe(2);
});

it("hears through a mute what has become loud since, and nothing else", () => {
  const mute: Mute = { by: "Ada", since: 0, until: 1, known: ["known"] };
  const known = sample({ id: "known", urgency: "EMERGENCY" });
  const late = sample({ id: "late", nextEscalationAt: null });
  const emergency = sample({ id: "new", urgency: "EMERGENCY" });
  expect(audible([sample(), known, late, emergency], mute)).toEqual([late, emergency]);
  expect(audible([sample()], null)).toEqual([sample()]);
});
