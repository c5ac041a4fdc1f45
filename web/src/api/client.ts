import { Client, fetchExchange, mapExchange } from "@urql/core";

import { codesOf } from "./errors";

/**
 * Queries and mutations. There is no cache: the board is a snapshot that the live channel keeps true, and a second
 * copy of it could only be older.
 */
export function makeClient(onSignedOut: () => void): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    requestPolicy: "network-only",
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
