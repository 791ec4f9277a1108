/** Errors of the Admin API: `{"error": {"code", "message", "fields"?}}`. */
import { z } from "zod";

/** Each code with its HTTP status. */
export const adminErrorCodes = {
  /** `fields` names what is wrong. */
  invalid_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  /** Also for what belongs to somebody else. */
  not_found: 404,
  /** It cannot be done in the state that things are in; the message says which. */
  conflict: 409,
  too_many_requests: 429,
  internal_error: 500,
  unavailable: 503,
} as const;
export type AdminErrorCode = keyof typeof adminErrorCodes;

export const adminErrorSchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(adminErrorCodes) as [AdminErrorCode, ...AdminErrorCode[]]),
    message: z.string(),
    /** Of the request: `{"path": "name", "message": "is too long"}`. */
    fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
});
export type AdminErrorBody = z.infer<typeof adminErrorSchema>;
