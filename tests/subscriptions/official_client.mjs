// The official client of graphql-transport-ws. Prints a line of JSON for whatever it is told; stdin
// says what it is to do: {id, query} to begin an operation, {id} to end it, {token} to sign in anew.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [packages, url, given] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${packages}/package.json`));
const { createClient } = require("graphql-ws");
const WebSocket = require("ws");

const say = (what) => console.log(JSON.stringify(what));
const operations = new Map();
let token = given;

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: () => ({ authorization: `Bearer ${token}` }),
  lazy: true,
  keepAlive: 300,
  retryAttempts: 20,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
  on: {
    connected: () => say({ id: "socket", connected: true }),
    pong: (received) => received && say({ id: "socket", pong: true }),
    ping: (received) => received && say({ id: "socket", ping: true }),
    closed: (event) => say({ id: "socket", closed: event.code, reason: event.reason }),
  },
});

function begin(id, query) {
  const end = client.subscribe(
    { query },
    {
      next: (result) => say({ id, next: result }),
      error: (error) => say({ id, error: Array.isArray(error) ? error : String(error?.code) }),
      complete: () => say({ id, complete: true }),
    },
  );
  operations.set(id, end);
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const asked = JSON.parse(line);
  if (asked.token) token = asked.token;
  else if (asked.query) begin(asked.id, asked.query);
  else operations.get(asked.id)();
});
