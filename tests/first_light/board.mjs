// The ward board without its page: the web client's own store, reducer and channel, loaded as Vite loads them, on a real
// server. Beside the store, which reads the board again where it must, `plain` is the first snapshot with nothing but the
// events since. stdin says what to do, each is answered by a line of JSON: "drop" cuts the socket, "show" tells what is
// on both boards and what a fresh snapshot says.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [web, url, ward, token, cookie] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${web}/package.json`));
const { createServer } = await import(pathToFileURL(require.resolve("vite")));
const { Client, fetchExchange } = await import(pathToFileURL(require.resolve("@urql/core")));
const WebSocket = require("ws");

const vite = await createServer({
  root: web,
  configFile: false,
  appType: "custom",
  logLevel: "error",
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true, include: [] },
});
const { BoardStore } = await vite.ssrLoadModule("/src/board/store.ts");
const { applied, boardOf } = await vite.ssrLoadModule("/src/board/reduce.ts");
const { LiveChannel } = await vite.ssrLoadModule("/src/live/channel.ts");
const { BoardDocument } = await vite.ssrLoadModule("/src/generated/graphql.ts");

const sockets = new Set();
let connections = 0;
class Socket extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { headers: { cookie: `${cookie}=${token}`, origin: new URL(url).origin } });
    sockets.add(this);
    connections++;
    this.on("close", () => sockets.delete(this));
  }
}

const client = new Client({
  url: `${url}/graphql`,
  exchanges: [fetchExchange],
  preferGetMethod: false,
  requestPolicy: "network-only",
  fetchOptions: { headers: { authorization: `Bearer ${token}` } },
});
const line = new LiveChannel({
  url: `${url.replace("http", "ws")}/graphql`,
  onSignedOut: () => process.exit(1),
  webSocketImpl: Socket,
  firstWaitMs: 20,
});

let plain = null;
let waiting = [];
let gaps = 0;
const known = new Set();
function change(one) {
  if (plain === null) waiting.push(one);
  else plain = applied(plain, one);
}
const changes = {
  criticalResults: (event) => event.criticalResult && { type: "critical", critical: event.criticalResult },
  bedChanges: (event) => event.bed && { type: "bed", bed: event.bed },
  vitalSigns: (event) =>
    event.patient && event.vitals && { type: "vitals", patientId: event.patient.id, vitals: event.vitals },
};
const heard = { criticalResults: [], bedChanges: [], vitalSigns: [] };
const overheard = {
  watch(specs) {
    line.watch(
      specs.map((spec) => ({
        ...spec,
        onGap() {
          if (known.has(spec.name)) gaps++;
          spec.onGap();
        },
        onMessage(message) {
          known.add(spec.name);
          for (const event of message.events) {
            heard[spec.name].push(event.cursor);
            const one = changes[spec.name](event);
            if (one) change(one);
          }
          spec.onMessage(message);
        },
      })),
    );
  },
};

const snapshot = async () => {
  const { data, error } = await client.query(BoardDocument, { ward }).toPromise();
  if (error) throw error;
  return boardOf(data);
};
const store = new BoardStore(ward, client, overheard);
store.start();
const say = (what) => console.log(JSON.stringify(what));

const until = async (condition) => {
  for (let left = 1500; left > 0 && !condition(); left--) await new Promise((resolve) => setTimeout(resolve, 10));
};
await until(() => known.size === 3 && store.snapshot().status === "ready");
const first = await snapshot();
plain = waiting.reduce(applied, first);
waiting = [];
say({ ready: known.size === 3 });

createInterface({ input: process.stdin })
  .on("line", async (asked) => {
    if (asked === "drop") {
      for (const socket of sockets) socket.terminate();
      say({ dropped: true });
    } else {
      const fresh = await snapshot();
      say({ fresh, plain, store: store.snapshot().board, gaps, heard, connections });
    }
  })
  .on("close", () => process.exit(0));
