/** Builds the web application into dist/, which the server serves. `pnpm dev` serves it with hot reload beside a dashboard that runs on its usual port. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { precompress } from "./build/precompress.ts";
import { unusedStyles } from "./build/unused-styles.ts";

const dashboard = "http://localhost:8788";

export default defineConfig({
  root: "web",
  plugins: [react(), unusedStyles(), precompress()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2023",
    // It would be an inline script, which the content security policy refuses.
    modulePreload: { polyfill: false },
    // Small files would become data: URLs of fonts and scripts.
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/admin": dashboard } },
});
