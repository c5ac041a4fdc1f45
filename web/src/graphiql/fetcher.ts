import type { Fetcher, FetcherParams } from "@graphiql/toolkit";
import { Kind, OperationTypeNode } from "graphql";
import { createClient, type Client } from "graphql-ws";

type Headers = Readonly<Record<string, string>>;

const clients = new Map<string, Client>();

/** A socket a set of headers: signing in as somebody else in the headers editor must not go on with the old socket. */
function socket(headers: Headers): Client {
  // Names in lower case, as the server reads connection_init. With no header the cookie of the upgrade request counts.
  const params = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const key = JSON.stringify(params);
  const known = clients.get(key);
  if (known) return known;
  const client = createClient({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    connectionParams: params,
  });
  clients.set(key, client);
  return client;
}

function isSubscription(...[params, options]: Parameters<Fetcher>): boolean {
  return (options?.documentAST?.definitions ?? []).some(
    (one) =>
      one.kind === Kind.OPERATION_DEFINITION &&
      one.operation === OperationTypeNode.SUBSCRIPTION &&
      (!params.operationName || one.name?.value === params.operationName),
  );
}

export const fetcher: Fetcher = (params, options) => {
  const headers = (options?.headers ?? {}) as Headers;
  if (isSubscription(params, options)) {
    return socket(headers).iterate({
      query: params.query,
      operationName: params.operationName,
      variables: params.variables as Record<string, unknown> | undefined,
    }) as ReturnType<Fetcher>;
  }
  return post(params, headers) as ReturnType<Fetcher>;
};

async function post(params: FetcherParams, headers: Headers): Promise<unknown> {
  const response = await fetch("/graphql", {
    method: "POST",
    credentials: "same-origin",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json",
      "X-Wardline-Client": "web",
      ...headers,
    },
    body: JSON.stringify(params),
  });
  return response.json();
}
