import { useCallback, useEffect, useEffectEvent, useState } from "react";
import { CombinedError, useClient, type AnyVariables, type TypedDocumentNode } from "urql";

import { problemOf, type Problem } from "../api/errors";
import { readPages, type Page, type PagesRead } from "../api/pages";
import type { Pulse } from "../live/pulse";
import { useBeat } from "../live/useBeat";

const AT_ONCE = 50;

/** A list of the API as far as it was read. */
export interface Pages<Node> {
  /** Null before the first answer, and where there is none. */
  readonly nodes: readonly Node[] | null;
  readonly total: number;
  readonly problem: Problem | null;
  readonly reading: boolean;
  /** Reads afresh what is shown. */
  readonly again: () => void;
  /** Reads the next page; null where the list is at its end. */
  readonly more: (() => void) | null;
}

interface PagesWanted<Data, Variables, Node> {
  /** Has the variables $first and $after. */
  readonly query: TypedDocumentNode<Data, Variables & AnyVariables>;
  readonly variables: Omit<Variables, "first" | "after">;
  readonly pick: (data: Data) => Page<Node> | null | undefined;
  readonly first?: number;
  /** Reads afresh at each beat. */
  readonly pulse?: Pulse | null;
}

interface Wish<Node> {
  readonly of: string;
  readonly pages: number;
  /** What need not be read again. */
  readonly from: PagesRead<Node> | null;
}

interface Answer<Node> {
  readonly wish: Wish<Node> | null;
  readonly of: string;
  readonly read: PagesRead<Node> | null;
  readonly problem: Problem | null;
}

/** A list that is read page by page. With other variables it begins anew; what was there stays until the answer comes. */
export function usePages<Data, Variables, Node>({
  query,
  variables,
  pick,
  first = AT_ONCE,
  pulse = null,
}: PagesWanted<Data, Variables, Node>): Pages<Node> {
  const client = useClient();
  const of = JSON.stringify(variables);
  const [wish, setWish] = useState<Wish<Node>>({ of, pages: 1, from: null });
  const [answer, setAnswer] = useState<Answer<Node>>({ wish: null, of, read: null, problem: null });

  async function ask(after: string | null): Promise<Page<Node>> {
    const given = { ...variables, first, after } as unknown as Variables & AnyVariables;
    const { data, error } = await client.query(query, given, { requestPolicy: "network-only" }).toPromise();
    const page = data ? pick(data) : null;
    if (page == null) throw error ?? new Error("The list is not there.");
    return page;
  }

  const run = useEffectEvent(async (isWanted: () => boolean) => {
    const same = wish.of === of;
    try {
      const read = await readPages(ask, same ? wish.pages : 1, same ? wish.from : null);
      if (isWanted()) setAnswer({ wish, of, read, problem: null });
    } catch (error) {
      const problem = problemOf(error instanceof CombinedError ? error : undefined);
      if (isWanted()) setAnswer((before) => ({ wish, of, read: before.of === of ? before.read : null, problem }));
    }
  });

  useEffect(() => {
    let wanted = true;
    void run(() => wanted);
    return () => {
      wanted = false;
    };
  }, [of, wish]);

  const shown = answer.read?.pages ?? 1;
  const again = useCallback(() => setWish({ of, pages: shown, from: null }), [of, shown]);
  const reading = answer.wish !== wish || answer.of !== of;
  useBeat(pulse, reading, again);

  const { read, problem } = answer;
  return {
    nodes: read?.nodes ?? null,
    total: read?.total ?? 0,
    problem,
    reading,
    again,
    more: read?.next == null ? null : () => setWish({ of, pages: read.pages + 1, from: read }),
  };
}
