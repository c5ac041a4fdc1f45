import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { fetchRead } from "./deadline";

type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

/** A connection that is gone: nothing comes until it is given up. */
const gone: Fetch = (_, init) =>
  new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));

const never = () => false;
const always = () => true;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("asks again on a new connection after five seconds", async () => {
  const answer = new Response("{}");
  const by = vi.fn<Fetch>().mockImplementationOnce(gone).mockResolvedValue(answer);
  const read = fetchRead("/graphql", {}, never, by);
  await vi.advanceTimersByTimeAsync(4_999);
  expect(by).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await read).toBe(answer);
});

it("says within half a minute that nothing comes", async () => {
  const by = vi.fn(gone);
  const read = expect(fetchRead("/graphql", {}, never, by)).rejects.toThrow("aborted");
  await vi.advanceTimersByTimeAsync(30_000);
  await read;
  expect(by).toHaveBeenCalledTimes(3);
});

it("asks no more once nobody wants to know", async () => {
  const by = vi.fn(gone);
  const wanted = new AbortController();
  const read = expect(fetchRead("/graphql", { signal: wanted.signal }, never, by)).rejects.toThrow("aborted");
  wanted.abort();
  await read;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(by).toHaveBeenCalledTimes(1);
});

it("leaves a refused connection to who asked", async () => {
  const by = vi.fn<Fetch>().mockRejectedValue(new TypeError("Failed to fetch"));
  await expect(fetchRead("/graphql", {}, never, by)).rejects.toThrow("Failed to fetch");
  expect(by).toHaveBeenCalledTimes(1);
});

it("does not ask twice of a slow server that the network reaches", async () => {
  const answer = new Response("{}");
  const slow: Fetch = () => new Promise((resolve) => setTimeout(() => resolve(answer), 9_000));
  const by = vi.fn(slow);
  const read = fetchRead("/graphql", {}, always, by);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(await read).toBe(answer);
  expect(by).toHaveBeenCalledTimes(1);
});

it("asks again all the same of a connection that has gone alone, and says in the same time that nothing comes", async () => {
  const by = vi.fn(gone);
  const read = expect(fetchRead("/graphql", {}, always, by)).rejects.toThrow("aborted");
  await vi.advanceTimersByTimeAsync(30_000);
  await read;
  expect(by).toHaveBeenCalledTimes(2);
});
