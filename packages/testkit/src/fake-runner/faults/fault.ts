/**
 * Faults that a fake runner shows on command: `POST /_control {"faults": [{"kind": "status", "status": 503}]}`, or as a setting at its start.
 * `{"faults": null}` heals it, also for requests that run and were not struck yet; what hangs already goes on hanging until its client leaves.
 *
 * The first fault of the list that is meant for a request and has strikes left strikes it; so a list is also a script ("500 twice, then 429 once").
 * `GET /_control/requests` says which fault struck which request, and how often each did.
 *
 * | kind                   | what the client sees                                                                         |
 * |------------------------|----------------------------------------------------------------------------------------------|
 * | `status`               | an error of the engine with this status, at once; with `retry-after` when `retryAfterS` is set |
 * | `html`                 | the HTML page of a proxy, with this status; 200 too                                           |
 * | `reset-before-headers` | the connection is reset, no answer                                                            |
 * | `reset-after-headers`  | 200 and its headers, then the connection is reset                                             |
 * | `hang-before-headers`  | nothing, for ever                                                                             |
 * | `hang-mid-stream`      | `afterTokens` tokens, then nothing, for ever; its slot stays taken                            |
 * | `reset-mid-stream`     | `afterTokens` tokens, then the connection is reset                                            |
 * | `exit`                 | `afterTokens` tokens, then the process is killed; only where the fake runner is a process of its own |
 * | `half-event`           | `afterTokens` tokens, half an event, then the stream ends as if all were well                 |
 * | `broken-json`          | after `afterTokens` tokens one event whose JSON is cut; the rest as it should be              |
 * | `long-line`            | after `afterTokens` tokens an event of one line of `bytes` bytes; the rest as it should be    |
 * | `crlf-and-comments`    | no error: lines end in CRLF, comments before and inside events                                |
 * | `every-byte-apart`     | no error: each byte is a write of its own, so that characters and events are cut everywhere   |
 * | `usage`                | the answer is right, its `usage` has these numbers instead of the true ones                   |
 * | `slow-start`           | for `forMs` after this was set (or after the start) all pages answer 503, or are reset         |
 *
 * `on` says which requests are meant: `generation` (the default: health and model pages answer 200 meanwhile, they lie), `pages` (all but generation),
 * or `all`. `times` bounds the strikes; null: until healed. With a
 * `mark`, only requests are meant whose body has it: a prompt that its engine cannot bear.
 */
import { z } from "zod";

const strikes = {
  on: z.enum(["generation", "pages", "all"]).default("generation"),
  times: z.number().int().positive().nullable().default(null),
  mark: z.string().min(1).nullable().default(null),
};
/** A fault whose moment comes later than the answer's end does not strike. */
const afterTokens = z.number().int().min(0).default(3);
const httpError = z.number().int().min(400).max(599);

const faultSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("status"),
    ...strikes,
    status: httpError.default(500),
    retryAfterS: z.number().int().min(0).nullable().default(null),
  }),
  z.strictObject({ kind: z.literal("html"), ...strikes, status: z.union([z.literal(200), httpError]).default(502) }),
  z.strictObject({ kind: z.literal("reset-before-headers"), ...strikes }),
  z.strictObject({ kind: z.literal("reset-after-headers"), ...strikes }),
  z.strictObject({ kind: z.literal("hang-before-headers"), ...strikes }),
  z.strictObject({ kind: z.literal("hang-mid-stream"), ...strikes, afterTokens }),
  z.strictObject({ kind: z.literal("reset-mid-stream"), ...strikes, afterTokens }),
  z.strictObject({ kind: z.literal("exit"), ...strikes, afterTokens }),
  z.strictObject({ kind: z.literal("half-event"), ...strikes, afterTokens }),
  z.strictObject({ kind: z.literal("broken-json"), ...strikes, afterTokens }),
  z.strictObject({
    kind: z.literal("long-line"),
    ...strikes,
    afterTokens,
    bytes: z.number().int().positive().default(100_000_000),
  }),
  z.strictObject({ kind: z.literal("crlf-and-comments"), ...strikes }),
  z.strictObject({ kind: z.literal("every-byte-apart"), ...strikes }),
  z.strictObject({
    kind: z.literal("usage"),
    ...strikes,
    promptTokens: z.number().default(-1),
    completionTokens: z.number().default(-1),
  }),
  z.strictObject({
    kind: z.literal("slow-start"),
    ...strikes,
    on: strikes.on.default("all"),
    forMs: z.number().int().positive(),
    answer: z.enum(["503", "reset"]).default("503"),
  }),
]);
export type Fault = z.infer<typeof faultSchema>;

export const faultListSchema = z.array(faultSchema).max(16).nullable();
