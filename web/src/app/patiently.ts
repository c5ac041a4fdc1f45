const AGAIN_MS = 3_000;

/** Loads a piece of the page as often as it takes: React keeps the first answer, and a server may be away for a moment. */
export async function patiently<Piece>(load: () => Promise<Piece>): Promise<Piece> {
  for (;;) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
