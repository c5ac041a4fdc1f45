/**
 * How long an answer is waited for. A machine that has slept asks on connections that are gone, and its browser would
 * wait on them for many minutes. Given up, they are made anew, and who asked is told.
 */

/** The server stops its own work sooner (docs/limits.md): what takes longer is not on its way. */
const ANSWERS_WITHIN_MS = 30_000;

/** A read may be asked again: soon at first, as of a connection that is gone nothing comes, and then with more patience. */
const READ_WITHIN_MS = [5_000, 10_000, 15_000] as const;

type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

const network: Fetch = (input, init) => fetch(input, init);

function giveUp(after: number, init: RequestInit | undefined) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), after);
  const signals = init?.signal ? [init.signal, late.signal] : [late.signal];
  return { late, timer, init: { ...init, signal: AbortSignal.any(signals) } };
}

/** What is done, is asked for once: what came of it is not known where no answer comes. */
export function fetchOnce(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  // Not cleared by the answer: its body may stay away as well, and once that is read an abort is of no effect.
  return network(input, giveUp(ANSWERS_WITHIN_MS, init).init);
}

export async function fetchRead(input: RequestInfo | URL, init?: RequestInit, by: Fetch = network): Promise<Response> {
  for (const [at, within] of READ_WITHIN_MS.entries()) {
    const { late, timer, init: inTime } = giveUp(within, init);
    try {
      const answer = await by(input, inTime);
      clearTimeout(timer);
      setTimeout(() => late.abort(), ANSWERS_WITHIN_MS);
      return answer;
    } catch (failure) {
      clearTimeout(timer);
      const last = at === READ_WITHIN_MS.length - 1;
      if (last || !late.signal.aborted || init?.signal?.aborted) throw failure;
    }
  }
  throw new Error("There is no try after the last");
}
