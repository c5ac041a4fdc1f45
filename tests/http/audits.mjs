// Runs the server audits of graphql-http; prints a line of JSON for each.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [packages, url] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${packages}/package.json`));
const { serverAudits } = require("graphql-http");

for (const audit of serverAudits({ url })) {
  const { id, name, status, reason } = await audit.fn();
  console.log(JSON.stringify({ id, name, status, reason: reason ?? null }));
}
