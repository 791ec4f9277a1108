/** The first file that runs. What must be set before any schema is made comes first, then the application. */
import "./no-eval.ts";

await import("./start.tsx");
