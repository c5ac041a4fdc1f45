/** A page of a list, as every connection of the API has it. */
export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly totalCount: number;
  readonly pageInfo: { readonly endCursor?: string | null; readonly hasNextPage: boolean };
}

/** The pages of a list that were read, put together. */
export interface PagesRead<Node> {
  readonly nodes: readonly Node[];
  /** How many there are in all, read or not. */
  readonly total: number;
  readonly pages: number;
  /** The cursor of the next page; null where nothing follows. */
  readonly next: string | null;
}

/** Reads on from what was read, or from the beginning, until so many pages are there or the list ends. */
export async function readPages<Node>(
  ask: (after: string | null) => Promise<Page<Node>>,
  pages: number,
  from: PagesRead<Node> | null,
): Promise<PagesRead<Node>> {
  let read = from ?? { nodes: [], total: 0, pages: 0, next: null };
  do {
    const { nodes, totalCount, pageInfo } = await ask(read.next);
    read = {
      nodes: [...read.nodes, ...nodes],
      total: totalCount,
      pages: read.pages + 1,
      next: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null,
    };
  } while (read.pages < pages && read.next !== null);
  return read;
}
