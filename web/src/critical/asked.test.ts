import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { leave } from "../app/leaving";
import { Asked, asked } from "./asked";

beforeEach(() => {
  vi.stubGlobal("document", { activeElement: null, querySelector: () => null });
  vi.stubGlobal("requestAnimationFrame", () => 0);
});
afterEach(() => void vi.unstubAllGlobals());

it("is not closed by the answer to one that was closed before", () => {
  const one = new Asked();
  one.ask("crt_1");
  one.end("crt_1");
  one.ask("crt_2");
  one.end("crt_1");
  expect(one.snapshot()).toBe("crt_2");
});

it("leaves nothing open for who signs in next", () => {
  asked.ask("crt_1");
  leave();
  expect(asked.snapshot()).toBeNull();
});
