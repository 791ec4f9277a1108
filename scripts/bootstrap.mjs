// The way in, before anything is installed: `npm start`, `npm test` and `npm run tera` come here. Brings the dependencies where they are missing or old, then hands
// over to the program that was asked for, on the Node of the workspace. Needs Node 18 and npm, and speaks on standard error: standard output is the program's.
//
// Plain, old JavaScript in this file: a Node that is too old must get far enough to say so.
const [major] = process.versions.node.split(".").map(Number);
if (major < 18) {
  console.error(`Tera needs Node 18 or newer to set itself up (this is ${process.versions.node}): https://nodejs.org/`);
  process.exit(1);
}

import("./set-up/run.mjs").then(({ run }) => run(process.argv.slice(2)));
