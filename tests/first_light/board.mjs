// The ward board without its page: the web client's own stores, reducers and channel, loaded as Vite loads them, on a real
// server. Beside the stores, which read again where they must, `plain` is the first snapshot with nothing but the events
// since. stdin says what to do, each is answered by a line of JSON: "drop" cuts the socket, "show" tells what is on both
// boards and what a fresh snapshot says.
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
const { CriticalStore } = await vite.ssrLoadModule("/src/critical/store.ts");
const { openOf, withCritical } = await vite.ssrLoadModule("/src/critical/open.ts");
const { LiveChannel } = await vite.ssrLoadModule("/src/live/channel.ts");
const { BoardDocument, OpenCriticalResultsDocument } = await vite.ssrLoadModule("/src/generated/graphql.ts");

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

// A change is a function from a board to the board after it.
function change(one) {
  if (plain === null) waiting.push(one);
  else plain = one(plain);
}
const onBeds = (one) => (board) => ({ ...board, ward: applied(board.ward, one) });
const changes = {
  criticalResults: ({ criticalResult }) =>
    criticalResult && ((board) => ({ ...board, criticals: withCritical(board.criticals, criticalResult) })),
  bedChanges: ({ bed }) => bed && onBeds({ type: "bed", bed }),
  vitalSigns: ({ patient, vitals }) =>
    patient && vitals && onBeds({ type: "vitals", patientId: patient.id, vitals }),
};
const heard = { criticalResults: [], bedChanges: [], vitalSigns: [] };
const overheard = {
  watch(specs) {
    return line.watch(
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

async function read(document) {
  const { data, error } = await client.query(document, { ward }).toPromise();
  if (error) throw error;
  return data;
}
async function snapshot() {
  return { ward: boardOf(await read(BoardDocument)), criticals: openOf(await read(OpenCriticalResultsDocument)) };
}
const criticals = new CriticalStore(ward, client, overheard);
const store = new BoardStore(ward, client, overheard);
// As the page does: open critical results go along with their patients.
store.onMove(() => criticals.gap());
criticals.start();
store.start();
const shown = (board) => ({
  beds: board.ward.beds,
  criticals: board.criticals.open,
  criticalTotal: board.criticals.total,
});
const say = (what) => console.log(JSON.stringify(what));

const until = async (condition) => {
  for (let left = 1500; left > 0 && !condition(); left--) await new Promise((resolve) => setTimeout(resolve, 10));
};
const ready = () => [store, criticals].every((one) => one.snapshot().status === "ready");
await until(() => known.size === 3 && ready());
plain = waiting.reduce((board, one) => one(board), await snapshot());
waiting = [];
say({ ready: known.size === 3 && ready() });

createInterface({ input: process.stdin })
  .on("line", async (asked) => {
    if (asked === "drop") {
      for (const socket of sockets) socket.terminate();
      say({ dropped: true });
    } else {
      const fresh = await snapshot();
      const stores = { ward: store.snapshot().state, criticals: criticals.snapshot().state };
      say({ fresh: shown(fresh), plain: shown(plain), store: shown(stores), gaps, heard, connections });
    }
  })
  .on("close", () => process.exit(0));
