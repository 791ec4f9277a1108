/** The generating endpoints. One handler serves them all: parse the dialect, admit, exchange, relay. */
import type { ServerResponse } from "node:http";
import { defaultReasoningField, type TeraError } from "@tera/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Catalog } from "../catalog/catalog.ts";
import type { Call, ParseCall, RenderContext } from "../dialects/dialect.ts";
import { parseChatCall } from "../dialects/openai-chat/parse.ts";
import { parseCompletionCall } from "../dialects/openai-completion/parse.ts";
import { parseSpeechCall } from "../dialects/openai-speech/parse.ts";
import { renderError } from "../http-error.ts";
import type { Admission, Admitter } from "../inference/admit.ts";
import type { Exchanges } from "../inference/exchange.ts";
import type { ContentLog } from "../inference/keep-content.ts";
import { createRelay } from "../inference/relay.ts";
import { limitHeaders } from "../limits/limit-state.ts";
import { principalOf } from "../plugins/authenticate.ts";
import { requestIdHeaders } from "../plugins/request-id.ts";

export interface GenerationRoutesOptions {
  admitter: Admitter;
  exchanges: Exchanges;
  catalog: Pick<Catalog, "find" | "resolve">;
  contentLog: ContentLog;
}

export function registerGenerationRoutes(app: FastifyInstance, options: GenerationRoutesOptions): void {
  const { admitter, exchanges, catalog, contentLog } = options;

  function answer(parseCall: ParseCall, request: FastifyRequest, reply: FastifyReply): void | Promise<void> {
    const call = meant(parseCall(request.body));
    const admission = admitter.admit(principalOf(request), call.request, (state) => {
      request.limitState = state;
    });
    if (!(admission instanceof Promise)) return open(call, admission, request, reply);
    return admission.then((admitted) => open(call, admitted, request, reply));
  }

  /** The client is answered by the name that it asked for; all else goes by the model's own. */
  function meant(call: Call): Call {
    const model = catalog.resolve(call.request.model);
    return model === call.request.model ? call : { ...call, request: { ...call.request, model } };
  }

  function open(call: Call, admission: Admission, request: FastifyRequest, reply: FastifyReply): void {
    const { limitState } = request;
    const headers = { ...requestIdHeaders(request.id), ...(limitState === null ? {} : limitHeaders(limitState)) };
    // From here on the exchange answers, whenever there is something to say.
    reply.hijack();
    const response = reply.raw;
    const context: RenderContext = {
      requestId: request.id,
      createdAtS: Math.floor(admission.admittedAtMs / 1_000),
      reasoningField: catalog.find(call.request.model)?.profile.reasoningField ?? defaultReasoningField,
    };
    const relay = createRelay({
      response,
      createRenderer: () => call.createRenderer(context),
      headers,
      onErrorBeforeFirstByte(error) {
        if (error.status >= 500)
          request.log.warn({ requestId: request.id, code: error.code, detail: error.detail }, "request failed");
        writeError(response, headers, error);
      },
    });
    const used = admission.principal.contentLogging
      ? contentLog.listen(request.id, admission, relay)
      : { admission, sink: relay };
    const exchange = exchanges.open(request.id, used.admission, call.answer === "pieces", used.sink);
    // It may have left while its credit was looked up.
    if (response.closed) exchange.clientGone();
    else response.on("close", () => exchange.clientGone());
  }

  app.post("/v1/chat/completions", (request, reply) => answer(parseChatCall, request, reply));
  app.post("/v1/completions", (request, reply) => answer(parseCompletionCall, request, reply));
  app.post("/v1/audio/speech", (request, reply) => answer(parseSpeechCall, request, reply));
}

function writeError(response: ServerResponse, headers: Record<string, string>, error: TeraError): void {
  const rendered = renderError(error);
  response.writeHead(rendered.status, {
    ...headers,
    ...rendered.headers,
    "content-length": Buffer.byteLength(rendered.body),
  });
  response.end(rendered.body);
}
