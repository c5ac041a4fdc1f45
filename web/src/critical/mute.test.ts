import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { muteOf, MuteStore } from "./mute";
import { sample } from "./sample";

const MINUTE = 60_000;

/** The storage of one machine, which tells its other tabs of a change. */
class Machine {
  readonly kept = new Map<string, string>();
  readonly tabs: EventTarget[] = [];

  tab(): MuteStore {
    const tab = new EventTarget();
    this.tabs.push(tab);
    const others = () => this.tabs.filter((one) => one !== tab).forEach((one) => one.dispatchEvent(new Event("storage")));
    const store = new MuteStore(
      {
        getItem: (key) => this.kept.get(key) ?? null,
        setItem: (key, value) => {
          this.kept.set(key, value);
          others();
        },
        removeItem: (key) => {
          this.kept.delete(key);
          others();
        },
      },
      tab,
    );
    store.start();
    return store;
  }
}

beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-01-01T09:00:00Z") }));
afterEach(() => void vi.useRealTimers());

it("is known to all tabs by name, ends by itself, and can be ended by anybody", () => {
  const machine = new Machine();
  const [one, other] = [machine.tab(), machine.tab()];
  const told = vi.fn();
  other.subscribe(told);
  one.mute("Ada Berg", 5, []);
  expect(other.snapshot()).toMatchObject({ by: "Ada Berg", until: Date.now() + 5 * MINUTE });
  vi.advanceTimersByTime(5 * MINUTE - 1);
  expect(other.snapshot()).not.toBeNull();
  vi.advanceTimersByTime(1);
  expect([one.snapshot(), other.snapshot()]).toEqual([null, null]);
  expect(told).toHaveBeenCalledTimes(2);

  one.mute("Ada Berg", 30, []);
  other.unmute();
  expect(one.snapshot()).toBeNull();
});

it("is there for a tab that is opened later, and over for one that is opened after it", () => {
  const machine = new Machine();
  machine.tab().mute("Ada", 15, []);
  expect(machine.tab().snapshot()?.by).toBe("Ada");
  vi.setSystemTime(Date.now() + 16 * MINUTE);
  expect(machine.tab().snapshot()).toBeNull();
});

it("keeps which loud ones were known, also those that another tab has muted", () => {
  const machine = new Machine();
  const [one, other] = [machine.tab(), machine.tab()];
  one.mute("Ada", 5, [sample({ id: "quiet" }), sample({ id: "a", urgency: "EMERGENCY" })]);
  other.mute("Ben", 5, [sample({ id: "b", nextEscalationAt: null })]);
  expect(one.snapshot()).toMatchObject({ by: "Ben", known: ["a", "b"] });
});

it.each([
  ["nothing", null],
  ["no JSON", "{"],
  ["null", "null"],
  ["another shape", JSON.stringify({ by: "Ada" })],
  ["one that is over", JSON.stringify({ by: "Ada", since: 0, until: 10, known: [] })],
  ["one from a clock that ran ahead", JSON.stringify({ by: "Ada", since: 200, until: 300, known: [] })],
  ["one that is longer than any", JSON.stringify({ by: "Ada", since: 50, until: 50 + 31 * MINUTE, known: [] })],
])("does not take %s for a mute", (_, kept) => {
  expect(muteOf(kept, 100)).toBeNull();
});
