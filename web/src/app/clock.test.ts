import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Ticking } from "./clock";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

it("begins with the time of now, also where nobody has listened for hours", () => {
  const clock = new Ticking(1_000);
  clock.subscribe(() => undefined)();
  vi.setSystemTime(9_000_400);
  expect(clock.time()).toBe(9_000_000);
});

it("stands still between two ticks, and all hear of each", () => {
  const clock = new Ticking(5_000);
  const heard = [vi.fn(), vi.fn()];
  heard.forEach((listener) => clock.subscribe(listener));
  const before = clock.time();
  vi.advanceTimersByTime(4_999);
  expect(clock.time()).toBe(before);
  vi.advanceTimersByTime(1);
  expect(clock.time()).toBe(before + 5_000);
  heard.forEach((listener) => expect(listener).toHaveBeenCalledOnce());
});

it("follows a clock that is set back", () => {
  const clock = new Ticking(1_000);
  clock.subscribe(() => undefined);
  vi.setSystemTime(500_000);
  vi.advanceTimersByTime(1_000);
  expect(clock.time()).toBe(501_000);
});
