import { expect, it, vi } from "vitest";

import { ReadingTurn } from "./turn";

it("reads at once where no answer is on its way", () => {
  const again = vi.fn();
  const turn = new ReadingTurn(again);
  turn.news();
  expect(again).toHaveBeenCalledTimes(1);
});

it("gives up no answer for news, and reads once after it for all of it", () => {
  const again = vi.fn();
  const turn = new ReadingTurn(again);
  turn.reads(true);
  turn.news();
  turn.news();
  expect(again).not.toHaveBeenCalled();
  turn.reads(false);
  expect(again).toHaveBeenCalledTimes(1);
  turn.reads(true);
  turn.reads(false);
  expect(again).toHaveBeenCalledTimes(1);
});
