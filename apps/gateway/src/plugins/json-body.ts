/**
 * JSON bodies, for routes behind a key; everywhere else a body is dropped unread.
 *
 * Nesting is bounded before the parse: JSON.parse is slow on deep nesting and whatever walks the result recursively can overflow the stack. One parse,
 * and no `__proto__`.
 */
import { TeraError } from "@tera/protocol";
import type { FastifyInstance } from "fastify";

/** Deeper than any schema that people write, far from what a stack holds. */
const depthMax = 128;

/** For a listener: what has no route, or no key, is not worth parsing. */
export function dropBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => {
    payload.resume();
    done(null);
  });
}

/** For the routes of a plugin. Any other media type, and any encoding, is a 415. */
export function parseJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body: string, done) => {
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      done(new TeraError("unsupported_media_type", "Send the body without `content-encoding`."));
      return;
    }
    if (isTooDeep(body)) {
      done(new TeraError("invalid_json", `The request body is nested more than ${depthMax} levels deep.`));
      return;
    }
    parse(request, body, done);
  });
}

/** One pass over the text, brackets inside strings not counted. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x22) inString = false;
      // The escaped character, a quote perhaps, is passed over.
      else if (code === 0x5c) at++;
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth > depthMax) return true;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
  return false;
}
