/**
 * Plays the few calls of Stripe's API that Tera makes: checkout sessions, payment intents, and signed events. Form-encoded requests, idempotency keys and error bodies are as
 * docs.stripe.com/api says; nothing else of Stripe is here.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { Stripe } from "stripe";

export interface FakeStripe {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Every call that was answered for the first time, in order; repetitions by the same key are not. */
  readonly calls: { path: string; fields: Record<string, string>; idempotencyKey: string | undefined }[];
  /** How the next calls to charge come out, one each; then they succeed. `lost`: it is charged, and the connection is cut before the answer. */
  readonly nextCharges: ("declined" | "processing" | "lost" | "broken")[];
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body: unknown;
}

export async function startFakeStripe(): Promise<FakeStripe> {
  const calls: FakeStripe["calls"] = [];
  const nextCharges: FakeStripe["nextCharges"] = [];
  const answers = new Map<string, Answer>();
  let made = 0;

  function answer(path: string, fields: Record<string, string>, how: string | undefined): Answer {
    const id = ++made;
    if (path === "/v1/checkout/sessions") {
      return {
        status: 200,
        body: { id: `cs_${id}`, object: "checkout.session", url: `https://checkout.example/${id}` },
      };
    }
    if (path !== "/v1/payment_intents") return { status: 404, body: failure("invalid_request_error", "No such path.") };
    if (how === "declined") return { status: 402, body: failure("card_error", "Your card was declined.") };
    const isOpen = how === "processing";
    return {
      status: 200,
      body: {
        id: `pi_${id}`,
        object: "payment_intent",
        status: isOpen ? "processing" : "succeeded",
        amount_received: isOpen ? 0 : Number(fields["amount"]),
      },
    };
  }

  const server = createServer(async (request, response) => {
    const fields = Object.fromEntries(new URLSearchParams(await read(request)));
    const path = request.url ?? "";
    const header = request.headers["idempotency-key"];
    const idempotencyKey = typeof header === "string" ? header : undefined;
    const known = idempotencyKey === undefined ? undefined : answers.get(idempotencyKey);
    const how = known === undefined && path === "/v1/payment_intents" ? nextCharges.shift() : undefined;
    if (how === "broken") {
      response.writeHead(503, { "content-type": "application/json", "stripe-should-retry": "false" });
      response.end(JSON.stringify(failure("api_error", "Try again.")));
      return;
    }
    const given = known ?? answer(path, fields, how);
    if (known === undefined) {
      calls.push({ path, fields, idempotencyKey });
      if (idempotencyKey !== undefined) answers.set(idempotencyKey, given);
    }
    if (how === "lost") {
      request.socket.destroy();
      return;
    }
    response.writeHead(given.status, { "content-type": "application/json", "request-id": `req_${made}` });
    response.end(JSON.stringify(given.body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake Stripe has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    nextCharges,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** An event as Stripe's webhook sends it, and its signature header. */
export function signStripeEvent(
  secret: string,
  type: string,
  object: Readonly<Record<string, unknown>>,
  timestampS = Math.floor(Date.now() / 1_000),
): { body: string; signature: string } {
  const body = JSON.stringify({ id: `evt_${type}`, object: "event", type, data: { object } });
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: timestampS });
  return { body, signature };
}

function failure(type: string, message: string) {
  return { error: { type, message } };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
