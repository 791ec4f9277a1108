#!/usr/bin/env node
// `tera` (and `npx tera` in the clone), on any Node: hands over to the command line on the workspace's Node.
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { handOver } from "./hand-over.mjs";

const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
handOver(join(here, "..", "..", ".."), ["apps/cli/src/main.ts", ...process.argv.slice(2)]);
