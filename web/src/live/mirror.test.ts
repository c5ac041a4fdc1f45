import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Mirror, type Read } from "./mirror";

/** Answers of a server, given when the test says so. */
function asking() {
  const asked: ((answer: Read<readonly string[]>) => void)[] = [];
  const mirror = new Mirror<readonly string[], string>(
    () => new Promise((resolve) => asked.push(resolve)),
    (state, change) => (state.includes(change) ? state : [...state, change]),
  );
  return { mirror, asked };
}

const NONE: ReadonlySet<string> = new Set();

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("reads again after an answer that nobody can make sense of, and says so meanwhile", async () => {
  const query = vi.fn<() => Promise<Read<readonly string[]>>>();
  query.mockRejectedValueOnce(new TypeError("nodes of undefined"));
  query.mockResolvedValue({ state: ["a"], refused: NONE });
  const mirror = new Mirror<readonly string[], string>(query, (state) => state);
  mirror.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(mirror.snapshot()).toMatchObject({ status: "failed", failure: { key: "unknown" } });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(mirror.snapshot()).toMatchObject({ status: "ready", state: ["a"], failure: null });
});

it("puts what it heard meanwhile over the answer, however many were asked for", async () => {
  const { mirror, asked } = asking();
  mirror.start();
  mirror.gap();
  await vi.advanceTimersByTimeAsync(200);
  mirror.change("b");
  asked[0]?.({ state: ["old"], refused: NONE });
  await vi.advanceTimersByTimeAsync(0);
  expect(mirror.snapshot().status).toBe("loading");
  asked[1]?.({ state: ["a"], refused: NONE });
  await vi.advanceTimersByTimeAsync(0);
  expect(mirror.snapshot().state).toEqual(["a", "b"]);
});

it("keeps what stood, with why it is old, until a read succeeds", async () => {
  const { mirror, asked } = asking();
  mirror.start();
  asked[0]?.({ state: ["a"], refused: NONE });
  await vi.advanceTimersByTimeAsync(0);
  mirror.gap();
  await vi.advanceTimersByTimeAsync(200);
  asked[1]?.({ failure: { key: "unreachable" } });
  await vi.advanceTimersByTimeAsync(0);
  expect(mirror.snapshot()).toMatchObject({ status: "ready", state: ["a"], failure: { key: "unreachable" } });
  await vi.advanceTimersByTimeAsync(10_000);
  asked[2]?.({ state: ["b"], refused: NONE });
  await vi.advanceTimersByTimeAsync(0);
  expect(mirror.snapshot()).toMatchObject({ state: ["b"], failure: null });
});

it("says that what it shows may be old where an answer does not come", async () => {
  const { mirror, asked } = asking();
  mirror.start();
  asked[0]?.({ state: ["a"], refused: NONE });
  await vi.advanceTimersByTimeAsync(0);
  mirror.gap();
  await vi.advanceTimersByTimeAsync(200 + 3_999);
  expect(mirror.snapshot().failure).toBeNull();
  await vi.advanceTimersByTimeAsync(1);
  expect(mirror.snapshot()).toMatchObject({ status: "ready", state: ["a"], failure: { key: "unreachable" } });
  asked[1]?.({ state: ["b"], refused: NONE });
  await vi.advanceTimersByTimeAsync(0);
  expect(mirror.snapshot()).toMatchObject({ state: ["b"], failure: null });
});

it("asks nothing after it was stopped", async () => {
  const { mirror, asked } = asking();
  mirror.start();
  mirror.stop();
  asked[0]?.({ failure: { key: "unreachable" } });
  mirror.gap();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(1);
});
