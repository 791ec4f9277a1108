/** Headers of every answer: nothing may frame us, sniff types, or run what we did not send. */
import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";

export const cspReportPath = "/admin/api/csp-reports";

declare module "fastify" {
  interface FastifyRequest {
    /** Styles with it are ours: the component library writes its variables into the page. */
    styleNonce: string;
  }
}

export function registerSecurityHeaders(app: FastifyInstance, { overTls }: { overTls: boolean }): void {
  app.decorateRequest("styleNonce", "");
  app.addHook("onRequest", async (request, reply) => {
    request.styleNonce = randomBytes(16).toString("base64url");
    reply.headers({
      "content-security-policy": contentSecurityPolicy(request.styleNonce),
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      ...(overTls ? { "strict-transport-security": "max-age=31536000" } : {}),
    });
  });
}

function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "media-src 'self' blob:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    `report-uri ${cspReportPath}`,
  ].join("; ");
}
