import { Client, fetchExchange, mapExchange } from "@urql/core";

import { codesOf } from "./errors";

/** The server stops its own work sooner (docs/limits.md): what takes longer is not on its way. */
const ANSWERS_WITHIN_MS = 30_000;

/**
 * A machine that has slept asks on connections that are gone, and its browser would wait on them for many minutes. Given
 * up, they are made anew, and who asked is told.
 */
function fetchInTime(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const late = new AbortController();
  // Not cleared by the answer: its body may stay away as well, and once that is read an abort is of no effect.
  setTimeout(() => late.abort(), ANSWERS_WITHIN_MS);
  const signals = init?.signal ? [init.signal, late.signal] : [late.signal];
  return fetch(input, { ...init, signal: AbortSignal.any(signals) });
}

/**
 * Queries and mutations. There is no cache: the board is a snapshot that the live channel keeps true, and a second
 * copy of it could only be older.
 */
export function makeClient(onSignedOut: () => void): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    requestPolicy: "network-only",
    fetch: fetchInTime,
    fetchOptions: {
      credentials: "same-origin",
      // A foreign page cannot send this header without a preflight, which the server does not answer.
      headers: { "X-Wardline-Client": "web" },
    },
    exchanges: [
      mapExchange({
        onError: (error) => {
          // A wrong password is UNAUTHENTICATED too, and ends no session.
          const outside = error.graphQLErrors.filter((one) => one.path?.[0] !== "signIn");
          if (codesOf(outside).includes("UNAUTHENTICATED")) onSignedOut();
        },
      }),
      fetchExchange,
    ],
  });
}
