/**
 * The manifest of the page's own documents, dist/trusted-documents.json, for WARDLINE_TRUSTED_DOCUMENTS: SHA-256 of each
 * to its text, which is word for word what the page sends (stringifyDocument, over HTTP and over the socket).
 *
 * Run after codegen and the build; GraphiQL's documents are whatever somebody types, and so not among them.
 */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { stringifyDocument } from "@urql/core";
import ts from "typescript";

const here = path.dirname(fileURLToPath(import.meta.url));
const source = await readFile(path.join(here, "src/generated/graphql.ts"), "utf8");
const { outputText } = ts.transpileModule(source, {
  compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
});
const generated = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);

const manifest = {};
for (const document of Object.values(generated)) {
  if (document?.kind !== "Document") continue;
  if (!document.definitions.some((one) => one.kind === "OperationDefinition")) continue;
  const text = stringifyDocument(document);
  manifest[createHash("sha256").update(text).digest("hex")] = text;
}
await writeFile(path.join(here, "dist/trusted-documents.json"), `${JSON.stringify(manifest, null, 2)}\n`);
