/**
 * Typed documents from ../schema.graphql and src/operations/*.graphql into src/generated/.
 *
 * The generated files are not committed: build, check and dev write them first, so they cannot be stale.
 * The client preset is driven through @graphql-codegen/core: the codegen CLI adds nearly two hundred packages
 * (650 for 458), most of them loaders of remote schemas, and some of those want Node 22.
 *
 * WARDLINE_SCHEMA names another SDL file.
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { codegen } from "@graphql-codegen/core";
import { preset } from "@graphql-codegen/client-preset";
import { buildSchema, parse } from "graphql";

const here = path.dirname(fileURLToPath(import.meta.url));
const schemaFile = process.env.WARDLINE_SCHEMA ?? path.join(here, "../schema.graphql");
const operationsDir = path.join(here, "src/operations");
const outDir = path.join(here, "src/generated") + "/";

const sdl = await readFile(schemaFile, "utf8");
const documents = [];
for (const name of (await readdir(operationsDir)).filter((n) => n.endsWith(".graphql")).sort()) {
  const location = path.join(operationsDir, name);
  const rawSDL = await readFile(location, "utf8");
  documents.push({ location, rawSDL, document: parse(rawSDL) });
}

const sections = await preset.buildGeneratesSection({
  baseOutputDir: outDir,
  // assumeValidSDL: the server's own suite validates its SDL, and federation directives need no definition here.
  schema: parse(sdl),
  schemaAst: buildSchema(sdl, { assumeValidSDL: true }),
  documents,
  presetConfig: { fragmentMasking: false },
  plugins: [],
  pluginMap: {},
  config: {
    useTypeImports: true,
    enumType: "string-literal",
    strictScalars: true,
    immutableTypes: true,
    // Decimals stay strings: a measured value is never a float on its way to a nurse.
    scalars: { Date: "string", DateTime: "string", Decimal: "string", ID: "string" },
  },
});

await rm(outDir, { recursive: true, force: true });
await mkdir(outDir, { recursive: true });
for (const section of sections) {
  await writeFile(section.filename, await codegen(section));
}
