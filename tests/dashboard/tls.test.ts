/** The dashboard where others reach it: with TLS of its own, and behind a proxy that has it. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort } from "@tera/embedded";
import { startStackProcess } from "@tera/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { makeCertificates } from "../support/make-certificates.ts";
import { startTlsProxy } from "../support/tls-proxy.ts";
import { useStack } from "../support/use-stack.ts";
import { meetPeople, password } from "./people.ts";

const program = fileURLToPath(new URL("../../apps/dashboard/server/main.ts", import.meta.url));
const customer = "203.0.113.7";
const forged = "198.51.100.1";

const directory = await mkdtemp(join(tmpdir(), "tera-tls-"));
afterAll(() => rm(directory, { recursive: true, force: true }));
await makeCertificates(directory);
const [certFile, keyFile] = [join(directory, "server.crt"), join(directory, "server.key")];
const stack = await useStack({ gateways: 0, workers: 0, fakeRunners: 0 });
/** Nobody here knows its certificate's authority. */
const untrusting = { ignoreHTTPSErrors: true };

const auditSchema = z.object({ items: z.array(z.object({ action: z.string(), address: z.string() })) });

describe("with TLS of its own", async () => {
  const port = await findFreePort();
  await startDashboard(port, { TERA_DASHBOARD_TLS_CERT: certFile, TERA_DASHBOARD_TLS_KEY: keyFile });
  describeDashboard(`https://localhost:${port}`, "127.0.0.1");
});

describe("behind a proxy that is trusted", async () => {
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
  const proxy = await startTlsProxy({ cert, key, clientAddress: customer });
  afterAll(() => proxy.close());
  proxy.upstreamPort = await findFreePort();
  const url = `https://localhost:${proxy.port}`;
  await startDashboard(proxy.upstreamPort, {
    TERA_DASHBOARD_URL: `${url}/`,
    TERA_DASHBOARD_TRUSTED_PROXIES: "127.0.0.1, ::1",
  });
  describeDashboard(url, customer);
});

/** @param address where the audit log must say that people came from */
function describeDashboard(url: string, address: string): void {
  test("people come in, with cookies that only TLS carries; a forged X-Forwarded-For does not hide where from", async () => {
    const people = await meetPeople({ ...stack, dashboardUrl: url });
    const { context, page, takeFaults } = await people.enter("owner", {
      ...untrusting,
      extraHTTPHeaders: { "x-forwarded-for": forged },
    });
    const cookies = await context.cookies(url);
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: "Strict" });
    const audit = await context.request.get(`${url}/admin/api/audit?action=member.join`);
    expect(auditSchema.parse(await audit.json()).items[0]).toEqual({ action: "member.join", address });
    expect(audit.headers()["strict-transport-security"]).toMatch(/max-age=\d{8}/);
    // Also what the sign-in library keeps.
    await page.goto("/profile");
    await page.getByRole("region", { name: "Signed in" }).getByText(address).waitFor();
    expect(takeFaults()).toEqual([]);
    await people.close();
  });

  test("a change that another site has sent in a member's name is refused", async () => {
    const people = await meetPeople({ ...stack, dashboardUrl: url });
    const { context, email } = await people.enter("owner", untrusting);
    const post = (path: string, data: object, origin: string | undefined) =>
      context.request.post(`${url}${path}`, { data, headers: origin === undefined ? {} : { origin } });
    const account = { name: "Northwind", kind: "prepaid" };
    for (const origin of [
      "https://evil.example",
      url.replace("https:", "http:"),
      `${url}.evil.example`,
      "null",
      undefined,
    ]) {
      expect((await post("/admin/api/accounts", account, origin)).status()).toBe(403);
      expect((await post("/admin/auth/sign-in/email", { email, password }, origin)).status()).toBe(403);
    }
    expect((await post("/admin/api/accounts", account, url)).status()).toBe(200);
    await people.close();
  });
}

async function startDashboard(port: number, environment: Readonly<Record<string, string>>): Promise<void> {
  const dashboard = await startStackProcess({
    name: "dashboard",
    program,
    environment: {
      DATABASE_URL: stack.databaseUrl,
      REDIS_URL: stack.redisUrl,
      TERA_SECRET: "s".repeat(32),
      TERA_DASHBOARD_PORT: String(port),
      ...environment,
    },
  });
  afterAll(() => dashboard.stop());
}
