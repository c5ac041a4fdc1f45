import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

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
       input: { board: "index.html", graphiql: "graphiql.html" } },
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
