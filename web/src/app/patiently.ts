import { Build } from "./build";
import { surroundings } from "./surroundings";

const AGAIN_MS = 3_000;

export const build = new Build(surroundings());

/**
 * Loads a piece of the page as often as it takes: React keeps the first answer, and a server may be away for a moment.
 * Where the server is there and the piece is not, the page is of an older build.
 */
export async function patiently<Piece>(load: () => Promise<Piece>, page: Pick<Build, "look"> = build): Promise<Piece> {
  for (;;) {
    try {
      return await load();
    } catch {
      await page.look();
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** Loads it before it is needed; where that does not succeed, it is loaded when it is. */
export function beforehand(load: () => Promise<unknown>): void {
  load().catch(() => undefined);
}
