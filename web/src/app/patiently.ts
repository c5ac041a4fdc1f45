import { Build } from "./build";
import { surroundings } from "./surroundings";

const AGAIN_MS = 3_000;

/** What has not come by then is perhaps asked for on a connection that is gone. */
const LATE_MS = 8_000;

export const build = new Build(surroundings());

type Pieces = Pick<Build, "look" | "late" | "came">;

/** Loads it once; the build hears of it where it takes too long. */
async function awaited<Piece>(load: () => Promise<Piece>, page: Pieces): Promise<Piece> {
  const told = { late: false };
  const timer = setTimeout(() => {
    told.late = true;
    void page.late();
  }, LATE_MS);
  try {
    return await load();
  } finally {
    clearTimeout(timer);
    if (told.late) page.came();
  }
}

/**
 * Loads a piece of the page as often as it takes: React keeps the first answer, and a server may be away for a moment.
 * Where the server is there and the piece is not, the page is of an older build.
 */
export async function patiently<Piece>(load: () => Promise<Piece>, page: Pieces = build): Promise<Piece> {
  for (;;) {
    try {
      return await awaited(load, page);
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
