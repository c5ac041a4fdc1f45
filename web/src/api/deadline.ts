/**
 * How long an answer is waited for. A machine that has slept asks on connections that are gone, and its browser would
 * wait on them for many minutes. Given up, they are made anew, and who asked is told.
 */

/** The server stops its own work sooner (docs/limits.md): what takes longer is not on its way. */
const ANSWERS_WITHIN_MS = 30_000;

/** A read may be asked again: soon at first, as of a connection that is gone nothing comes, and then with more patience. */
const READ_WITHIN_MS = [5_000, 10_000, 15_000] as const;

/** Where the network carries the server is at work on it: asked twice it would only work twice. */
const WORKS_WITHIN_MS = 15_000;

type Fetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

const network: Fetch = (input, init) => fetch(input, init);

function until(signal: AbortSignal, init: RequestInit | undefined): RequestInit {
  return { ...init, signal: init?.signal ? AbortSignal.any([init.signal, signal]) : signal };
}

/** What is done, is asked for once: what came of it is not known where no answer comes. */
export function fetchOnce(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const late = new AbortController();
  // Not cleared by the answer: its body may stay away as well, and once that is read an abort is of no effect.
  setTimeout(() => late.abort(), ANSWERS_WITHIN_MS);
  return network(input, until(late.signal, init));
}

/** `isWhole` is asked when an answer is late: may the connection be gone, or is the server slow? */
export async function fetchRead(
  input: RequestInfo | URL,
  init?: RequestInit,
  isWhole: () => boolean = () => false,
  by: Fetch = network,
): Promise<Response> {
  const end = Date.now() + ANSWERS_WITHIN_MS;
  for (const within of READ_WITHIN_MS) {
    const late = new AbortController();
    const giveUp = () => late.abort();
    let timer = setTimeout(() => {
      if (isWhole()) timer = setTimeout(giveUp, WORKS_WITHIN_MS - within);
      else giveUp();
    }, within);
    try {
      const answer = await by(input, until(late.signal, init));
      clearTimeout(timer);
      setTimeout(giveUp, ANSWERS_WITHIN_MS);
      return answer;
    } catch (failure) {
      clearTimeout(timer);
      if (!late.signal.aborted || init?.signal?.aborted || Date.now() >= end) throw failure;
    }
  }
  throw new Error("There is no try after the last");
}
