import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const MAIN = `${import.meta.dirname}/src/main.tsx`;

type Imports = (id: string) => { readonly importedIds: readonly string[] } | null;

function reached(id: string, importsOf: Imports, seen = new Set<string>()): ReadonlySet<string> {
  if (!seen.has(id)) {
    seen.add(id);
    for (const next of importsOf(id)?.importedIds ?? []) reached(next, importsOf, seen);
  }
  return seen;
}

/**
 * What the board always needs comes in a few files, not in one for each set of pages that shares a module: our modules
 * that main.tsx reaches, and with them what they use. main.tsx itself stays apart: it waits for the words, and the files
 * with the words must not wait for it.
 */
function chunkOf(): (id: string, modules: { readonly getModuleInfo: Imports }) => string | null {
  let first: ReadonlySet<string> | undefined;
  return (id, modules) => {
    first ??= reached(MAIN, (one) => modules.getModuleInfo(one));
    // The kit's styles with ours: what comes later wins.
    const ours = id.startsWith(`${import.meta.dirname}/src/`) || id.endsWith(".css");
    return ours && id !== MAIN && first.has(id) ? "app" : null;
  };
}

/** GraphiQL needs these too; whatever else it shared with the board would bring it the board's script and styles. */
const SHARED = new RegExp(
  `/node_modules/(${[
    "clsx",
    "get-nonce",
    "graphql-ws",
    "react",
    "react-dom",
    "react-remove-scroll",
    "react-remove-scroll-bar",
    "react-style-singleton",
    "scheduler",
    "tslib",
    "use-callback-ref",
    "use-sidecar",
  ].join("|")})/|vite/preload-helper`,
);

const api = process.env.WARDLINE_API ?? "http://localhost:8000";

export default defineConfig({
  plugins: [react()],
  // The server answers / with index.html and GET /graphql with graphiql.html, so assets are named from the root.
  base: "/",
  build: {
    outDir: "dist",
    assetsDir: "assets",
    // A strict Content-Security-Policy allows no data: addresses for scripts or styles, so nothing is inlined.
    assetsInlineLimit: 0,
    // Browsers that know light-dark(): written out for older ones it would follow the machine, not what the reader chose.
    cssTarget: ["chrome123", "edge123", "firefox120", "safari17.5"],
    chunkSizeWarningLimit: 4000,
    rollupOptions: {
      onLog(level, log, report) {
        // Hints for the React compiler in published packages; nothing of ours, and nothing to act on.
        if (log.code === "MODULE_LEVEL_DIRECTIVE") return;
        report(level, log);
      },
      input: { board: "index.html", graphiql: "graphiql.html" },
      output: {
        codeSplitting: {
          groups: [
            { name: "shared", test: SHARED, priority: 1 },
            { name: chunkOf(), debugName: "app" },
          ],
        },
      },
    },
  },
  // One copy of graphql for the tests and for the server that they start.
  test: { testTimeout: 15_000, server: { deps: { inline: ["graphql-ws"] } } },
  server: {
    proxy: {
      "/graphql": {
        target: api,
        ws: true,
        // The server checks Origin against its own host.
        changeOrigin: true,
        rewriteWsOrigin: true,
        headers: { origin: api },
      },
    },
  },
});
