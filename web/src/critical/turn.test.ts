import { expect, it, vi } from "vitest";

import { Turn } from "./turn";

type Page = EventTarget & { visibilityState: DocumentVisibilityState };

/** Web Locks as a machine has them: one holder a name, the others wait in line, and who steals is served at once. */
class Locks {
  private readonly lines = new Map<string, { run: () => void; drop: () => void }[]>();

  readonly request = ((name: string, options: LockOptions, run: () => Promise<void> | undefined) =>
    new Promise<void>((resolve, reject) => {
      const line = this.lines.get(name) ?? [];
      this.lines.set(name, line);
      const one = {
        run: () =>
          void Promise.resolve(run()).then(() => {
            if (line[0] === one) {
              line.shift();
              line.at(0)?.run();
            }
            resolve();
          }),
        drop: () => reject(new DOMException("stolen", "AbortError")),
      };
      options.signal?.addEventListener("abort", () => {
        const at = line.indexOf(one);
        if (at > 0) line.splice(at, 1);
        if (at > 0) one.drop();
      });
      if (options.steal) {
        line.shift()?.drop();
        line.unshift(one);
      } else line.push(one);
      if (line[0] === one) one.run();
    })) as unknown as LockManager["request"];
}

function page(visibilityState: DocumentVisibilityState): Page {
  return Object.assign(new EventTarget(), { visibilityState });
}

function tab(locks: Locks, name: string, of: Page): Turn {
  const turn = new Turn(name, locks, of);
  turn.start();
  return turn;
}

it("gives the sound to one tab, and to the next one when that closes", async () => {
  const locks = new Locks();
  const one = tab(locks, "MED1", page("visible"));
  const other = tab(locks, "MED1", page("hidden"));
  await vi.waitFor(() => expect([one.mine, other.mine]).toEqual([true, false]));
  one.stop();
  await vi.waitFor(() => expect([one.mine, other.mine]).toEqual([false, true]));
});

it("gives it to the tab that comes into view, and back", async () => {
  const locks = new Locks();
  const first = page("visible");
  const one = tab(locks, "MED1", first);
  const second = page("hidden");
  const other = tab(locks, "MED1", second);
  await vi.waitFor(() => expect(one.mine).toBe(true));
  second.visibilityState = "visible";
  second.dispatchEvent(new Event("visibilitychange"));
  await vi.waitFor(() => expect([one.mine, other.mine]).toEqual([false, true]));
  first.dispatchEvent(new Event("visibilitychange"));
  await vi.waitFor(() => expect([one.mine, other.mine]).toEqual([true, false]));
  one.stop();
  await vi.waitFor(() => expect(other.mine).toBe(true));
});

it("lets two wards sound beside each other", async () => {
  const locks = new Locks();
  const turns = ["MED1", "SURG1"].map((ward) => tab(locks, ward, page("visible")));
  await vi.waitFor(() => expect(turns.map((turn) => turn.mine)).toEqual([true, true]));
});

it("sounds in every tab where the browser has no locks", () => {
  const turn = new Turn("MED1", undefined, page("hidden"));
  expect(turn.mine).toBe(false);
  turn.start();
  expect(turn.mine).toBe(true);
});
