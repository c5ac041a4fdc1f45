import { expect, it, vi } from "vitest";

import { Build, type Surroundings } from "./build";
import { patiently } from "./patiently";

function page(entry: string): string {
  return `<html><head><script type="module" crossorigin src="${entry}"></script></head></html>`;
}

function around(change: Partial<Surroundings> = {}) {
  const kept = new Map<string, string>();
  const reload = vi.fn();
  const whole: Surroundings = {
    served: () => Promise.resolve(page("/assets/board-new.js")),
    entry: "/assets/board-old.js",
    inHand: () => false,
    reload,
    storage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) },
    ...change,
  };
  return { whole, reload };
}

it("begins anew where the server has another build", async () => {
  const { whole, reload } = around();
  const build = new Build(whole);
  await build.look();
  expect(reload).toHaveBeenCalledOnce();
  expect(build.fault()).toBe(null);
});

it.each([
  ["is of the same build", page("/assets/board-old.js")],
  ["does not answer", null],
  ["is hidden behind somebody else's page", "<html><body>Down for maintenance</body></html>"],
])("waits while the server %s", async (_, served) => {
  const { whole, reload } = around({ served: () => Promise.resolve(served) });
  const build = new Build(whole);
  await build.look();
  expect(reload).not.toHaveBeenCalled();
  expect(build.fault()).toBe(null);
});

it("does not go round in circles between two servers of two builds", async () => {
  const { whole, reload } = around();
  await new Build(whole).look();
  const again = new Build({ ...whole, entry: "/assets/board-new.js", served: () => Promise.resolve(page("/assets/board-old.js")) });
  await again.look();
  expect(reload).toHaveBeenCalledOnce();
  expect(again.fault()).toBe("outdated");
});

it("says that a reload is needed while somebody types, and makes it afterwards", async () => {
  let typing = true;
  const { whole, reload } = around({ inHand: () => typing });
  const build = new Build(whole);
  const told = vi.fn();
  build.subscribe(told);
  await build.look();
  await build.look();
  expect([build.fault(), told.mock.calls.length, reload.mock.calls.length]).toEqual(["outdated", 1, 0]);
  typing = false;
  await build.look();
  expect(reload).toHaveBeenCalledOnce();
});

it("asks once for each time that a piece does not come", async () => {
  vi.useFakeTimers();
  const look = vi.fn(() => Promise.resolve());
  const came = vi.fn();
  const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error("404")).mockRejectedValueOnce(new Error("404")).mockResolvedValue("piece");
  const loaded = patiently(load, { look, late: look, came });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await loaded).toBe("piece");
  expect(look).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});

it("says that a piece is late until it comes, and begins anew where the server is there", async () => {
  vi.useFakeTimers();
  const { whole, reload } = around({ served: () => Promise.resolve(page("/assets/board-old.js")) });
  const build = new Build(whole);
  const loaded = patiently(() => new Promise((resolve) => setTimeout(() => resolve("piece"), 9_000)), build);
  await vi.advanceTimersByTimeAsync(7_999);
  expect(build.fault()).toBe(null);
  await vi.advanceTimersByTimeAsync(1);
  expect([build.fault(), reload.mock.calls.length]).toEqual(["late", 1]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([await loaded, build.fault()]).toEqual(["piece", null]);
  vi.useRealTimers();
});

it("waits for a late piece while the server is away, and while somebody types", async () => {
  const { whole, reload } = around({ served: () => Promise.resolve(null) });
  await new Build(whole).late();
  await new Build({ ...whole, served: () => Promise.resolve(page("/assets/board-old.js")), inHand: () => true }).late();
  expect(reload).not.toHaveBeenCalled();
});
