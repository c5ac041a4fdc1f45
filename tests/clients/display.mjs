// A wall display with the station of docs/clients, compiled as it is. Prints a line of JSON for
// whatever it hears. By its command line: {url, username, password, silence, feeds: [{number, query,
// variables, state}]}; `state` is what it asks when it is to read the state afresh. It is a clumsy
// one: of each feed it fails to take in the first state and the third events that it is given.
import WebSocket from "ws";

import { station } from "./station.js";

const { url, username, password, silence, feeds } = JSON.parse(process.argv[2]);
const say = (line) => console.log(JSON.stringify(line));
const SIGN_IN = `mutation ($username: String!, $password: String!) {
  signIn(input: { username: $username, password: $password }) { token }
}`;
let token;

async function ask(query, variables) {
  const answer = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(10_000),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(errors[0].extensions.code);
  return data;
}

station(
  {
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    silence,
    async signIn() {
      token = undefined;
      token = (await ask(SIGN_IN, { username, password })).signIn.token;
      say({ signedIn: true });
      return token;
    },
  },
  feeds.map(({ number, query, variables, state }) => {
    const stumble = { state: 1, events: 3 };
    const take = (what) => {
      if (--stumble[what] === 0) throw new Error(`stumbled over ${what}`);
    };
    return {
      query,
      variables,
      async onResync() {
        take("state");
        say({ feed: number, state: await ask(state, variables) });
      },
      onEvents(events, cursor) {
        take("events");
        say({ feed: number, cursor, events });
      },
      onPhase: (phase, why) => say({ feed: number, phase, code: why?.code ?? why?.message ?? null }),
    };
  }),
);
