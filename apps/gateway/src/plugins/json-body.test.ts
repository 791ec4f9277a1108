import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { registerErrorHandler } from "./error-handler.ts";
import { dropBodies, parseJsonBodies } from "./json-body.ts";

let app: FastifyInstance;
beforeEach(() => {
  app = Fastify();
  dropBodies(app);
  registerErrorHandler(app);
  app.register(async (keyed) => {
    parseJsonBodies(keyed);
    keyed.post("/v1/echo", (request) => ({ body: request.body }));
  });
});
afterEach(() => app.close());

function post(body: string, headers: Record<string, string> = {}, url = "/v1/echo") {
  return app.inject({ method: "POST", url, headers: { "content-type": "application/json", ...headers }, body });
}

describe("JSON bodies", () => {
  it("are parsed, brackets and quotes inside strings and all", async () => {
    const body = { text: `${"[{".repeat(1_000)} \\" \\\\`, list: [1, { a: null }] };
    expect((await post(JSON.stringify(body))).json()).toEqual({ body });
  });

  it("are refused when they are nested too deep, before they are parsed", async () => {
    const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    expect((await post(nested(128))).statusCode).toBe(200);
    const refused = await post(nested(129));
    expect(refused.statusCode).toBe(400);
    expect(refused.json().error).toMatchObject({
      code: "invalid_json",
      message: expect.stringContaining("128 levels"),
    });
  });

  it.each(['{"__proto__": {"x": 1}}', '{"a": ', "", '{"constructor": {"prototype": {}}}'])(
    "are refused when they are %s",
    async (body) => {
      const refused = await post(body);
      expect(refused.statusCode).toBe(400);
      expect(refused.json().error.code).toBe("invalid_json");
    },
  );

  it.each([
    ["another media type", { "content-type": "text/plain" }],
    ["an encoding", { "content-encoding": "gzip" }],
  ])("with %s are a 415", async (_name, headers) => {
    expect((await post("{}", headers)).statusCode).toBe(415);
  });

  it("are not looked at where there is no route", async () => {
    expect((await post("{ not json", {}, "/v1/nothing")).json().error.code).toBe("unsupported_endpoint");
  });
});
