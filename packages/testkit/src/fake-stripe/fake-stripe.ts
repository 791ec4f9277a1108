/**
 * Plays the few calls of Stripe's API that Tera makes: checkout sessions, payment links, payment intents, refunds, and signed events. Form-encoded requests, idempotency keys and
 * error bodies are as docs.stripe.com/api says; nothing else of Stripe is here.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

export interface FakeStripe {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Every POST that was answered for the first time, in order; repetitions by the same key are not. */
  readonly calls: { path: string; fields: Record<string, string>; idempotencyKey: string | undefined }[];
  /**
   * How the next calls to charge come out, one each; then they succeed. `lost`: it is charged, and the connection is cut before the answer. An object: the card is refused so.
   */
  readonly nextCharges: ("declined" | "processing" | "lost" | "broken" | Decline)[];
  /** Payment intents and refunds that can be asked for, by id. */
  readonly objects: Map<string, Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

/** As in Stripe's card errors. */
export interface Decline {
  message: string;
  code: string;
  decline_code?: string;
  advice_code?: string;
}

interface Answer {
  status: number;
  body: unknown;
}

export async function startFakeStripe(): Promise<FakeStripe> {
  const calls: FakeStripe["calls"] = [];
  const nextCharges: FakeStripe["nextCharges"] = [];
  const objects: FakeStripe["objects"] = new Map();
  const answers = new Map<string, Answer>();
  let made = 0;

  function post(
    path: string,
    fields: Record<string, string>,
    how: FakeStripe["nextCharges"][number] | undefined,
  ): Answer {
    const id = ++made;
    if (path === "/v1/checkout/sessions") {
      const body = { id: `cs_${id}`, object: "checkout.session", url: `https://checkout.example/${id}` };
      return { status: 200, body };
    }
    if (path === "/v1/payment_links") {
      const body = { id: `plink_${id}`, object: "payment_link", active: true, url: `https://buy.example/${id}` };
      return { status: 200, body };
    }
    if (path !== "/v1/payment_intents") return { status: 404, body: failure("invalid_request_error", "No such path.") };
    if (typeof how === "object") return { status: 402, body: { error: { type: "card_error", ...how } } };
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

  function get(url: URL): Answer {
    const [, , collection, id = ""] = url.pathname.split("/");
    if (collection === "payment_intents" && id !== "") {
      const body = objects.get(id);
      if (body !== undefined) return { status: 200, body };
      const error = {
        type: "invalid_request_error",
        code: "resource_missing",
        message: `No such payment_intent: '${id}'`,
      };
      return { status: 404, body: { error } };
    }
    if (collection === "refunds") {
      const paymentId = url.searchParams.get("payment_intent");
      const data = [...objects.values()].filter(
        (each) => each["object"] === "refund" && each["payment_intent"] === paymentId,
      );
      return { status: 200, body: { object: "list", url: "/v1/refunds", has_more: false, data } };
    }
    return { status: 404, body: failure("invalid_request_error", "No such path.") };
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://stripe.example");
    const path = url.pathname;
    const fields = Object.fromEntries(new URLSearchParams(await read(request)));
    const header = request.headers["idempotency-key"];
    const idempotencyKey = typeof header === "string" ? header : undefined;
    const known = idempotencyKey === undefined ? undefined : answers.get(idempotencyKey);
    const isCharge = request.method === "POST" && path === "/v1/payment_intents";
    const how = known === undefined && isCharge ? nextCharges.shift() : undefined;
    if (how === "broken") {
      response.writeHead(503, { "content-type": "application/json", "stripe-should-retry": "false" });
      response.end(JSON.stringify(failure("api_error", "Try again.")));
      return;
    }
    const given = known ?? (request.method === "GET" ? get(url) : post(path, fields, how));
    if (known === undefined && request.method === "POST") {
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
    objects,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function failure(type: string, message: string) {
  return { error: { type, message } };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
