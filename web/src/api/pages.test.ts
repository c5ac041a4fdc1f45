import { expect, it, vi } from "vitest";

import { readPages, type Page } from "./pages";

const LETTERS = ["a", "b", "c", "d", "e"];

/** Two letters a page; the cursor is the last letter of the page before. */
function ask(after: string | null): Promise<Page<string>> {
  const from = after === null ? 0 : LETTERS.indexOf(after) + 1;
  const nodes = LETTERS.slice(from, from + 2);
  const hasNextPage = from + 2 < LETTERS.length;
  return Promise.resolve({ nodes, totalCount: LETTERS.length, pageInfo: { endCursor: nodes.at(-1) ?? null, hasNextPage } });
}

it("begins with the first page", async () => {
  expect(await readPages(ask, 1, null)).toEqual({ nodes: ["a", "b"], total: 5, pages: 1, next: "b" });
});

it("reads on where it ended, and asks for no page twice", async () => {
  const asked = vi.fn(ask);
  const second = await readPages(asked, 2, await readPages(asked, 1, null));
  expect(second).toEqual({ nodes: ["a", "b", "c", "d"], total: 5, pages: 2, next: "d" });
  expect(asked.mock.calls).toEqual([[null], ["b"]]);
});

it("reads as many pages afresh as were shown, and ends with the list", async () => {
  expect(await readPages(ask, 9, null)).toEqual({ nodes: LETTERS, total: 5, pages: 3, next: null });
});

it("fails as a whole where a page fails", async () => {
  const failing = (after: string | null) => (after === null ? ask(after) : Promise.reject(new Error("gone")));
  await expect(readPages(failing, 2, null)).rejects.toThrow("gone");
});
