import { Client, fetchExchange, makeOperation, mapExchange } from "@urql/core";

import { fetchOnce, fetchRead } from "./deadline";
import { codesOf } from "./errors";

/**
 * Queries and mutations. There is no cache: the board is a snapshot that the live channel keeps true, and a second
 * copy of it could only be older. `isWhole` tells that the network carries, and that a silent server is at work.
 */
export function makeClient(onSignedOut: () => void, isWhole: () => boolean): Client {
  const read = (input: RequestInfo | URL, init?: RequestInit) => fetchRead(input, init, isWhole);
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    requestPolicy: "network-only",
    fetch: fetchOnce,
    fetchOptions: {
      credentials: "same-origin",
      // A foreign page cannot send this header without a preflight, which the server does not answer.
      headers: { "X-Wardline-Client": "web" },
    },
    exchanges: [
      mapExchange({
        onOperation: (operation) =>
          operation.kind === "query" ? makeOperation("query", operation, { ...operation.context, fetch: read }) : operation,
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
