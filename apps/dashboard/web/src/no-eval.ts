/** Schemas are not compiled: that needs eval, which the content security policy refuses. Imported before every schema. */
import { config } from "zod";

config({ jitless: true });
