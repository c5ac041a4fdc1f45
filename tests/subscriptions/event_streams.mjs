// The official client of event streams, in "distinct connections mode". Prints a line of JSON for
// whatever it is told; stdin says what it is to do.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [packages, url, token] = process.argv.slice(2);
const { createClient } = createRequire(pathToFileURL(`${packages}/package.json`))("graphql-sse");

const say = (what) => console.log(JSON.stringify(what));
const running = new Map();

/** One client a subscription: what it sends when it comes back is where that one was. */
function subscribe(id, query) {
  let cursor;
  const client = createClient({
    url,
    retryAttempts: 20,
    retry: () => new Promise((resolve) => setTimeout(resolve, 20)),
    headers: () => ({
      authorization: `Bearer ${token}`,
      ...(cursor && { "last-event-id": cursor }),
    }),
  });
  client.subscribe(
    { query },
    {
      next(result) {
        for (const feed of Object.values(result.data ?? {})) cursor = feed?.cursor ?? cursor;
        say({ id, next: result });
      },
      error: (error) => say({ id, error: error.message, status: error.response?.status }),
      complete: () => say({ id, complete: true }),
    },
    { connected: (again) => say({ id, connected: again }) },
  );
  running.set(id, client);
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, query } = JSON.parse(line);
  if (query) subscribe(id, query);
  else running.get(id).dispose();
});
