/**
 * Redis as infra/redis sets it up for workers on other hosts: TLS under a private CA, and the users that add-user.sh makes. Only paths, port and address differ.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensureRedisServer, findFreePort, startServerProcess } from "@tera/embedded";
import { makeCertificates } from "./make-certificates.ts";

const run = promisify(execFile);
const infra = fileURLToPath(new URL("../../infra/redis", import.meta.url));

export interface TlsRedis {
  readonly pid: number;
  /** Path of the CA's certificate: what NODE_EXTRA_CA_CERTS names. */
  readonly caFile: string;
  /** `rediss://<user>:<password>@localhost:<port>` */
  readonly urls: { gateway: string; admin: string; worker(workerId: string): string };
  stop(): Promise<void>;
}

/** @returns undefined when this machine's Redis was built without TLS, or is older than the ACL selectors (7.0). */
export async function startTlsRedis(
  workers: Readonly<Record<string, readonly string[]>>,
): Promise<TlsRedis | undefined> {
  const silent = () => undefined;
  const binary = await ensureRedisServer({ log: silent });
  if (Number(binary.version.split(".")[0]) < 7) return undefined;
  const directory = await mkdtemp(join(tmpdir(), "tera-tls-redis-"));
  const port = await findFreePort();
  const file = (name: string) => join(directory, name);
  await makeCertificates(directory);

  const users = file("users.acl");
  const addUser = async (...words: string[]) =>
    (await run(join(infra, "add-user.sh"), [users, `localhost:${port}`, ...words])).stdout.trim();
  const gateway = await addUser("gateway");
  const admin = await addUser("admin");
  const workerUrls = new Map<string, string>();
  for (const [workerId, models] of Object.entries(workers)) {
    workerUrls.set(workerId, await addUser("worker", workerId, ...models));
  }

  const overrides = {
    bind: "127.0.0.1",
    dir: directory,
    "tls-port": String(port),
    "tls-cert-file": file("server.crt"),
    "tls-key-file": file("server.key"),
    "tls-ca-cert-file": file("ca.crt"),
    aclfile: users,
  };
  const server = await startServerProcess(
    {
      file: binary.path,
      arguments: [
        join(infra, "redis.conf"),
        ...Object.entries(overrides).flatMap(([name, value]) => [`--${name}`, value]),
      ],
      cwd: directory,
      environment: process.env,
    },
    { log: silent, guardSignal: "SIGTERM" },
  );
  async function stop(): Promise<void> {
    await server.end([{ signal: "SIGTERM", waitMs: 5_000 }]);
    await rm(directory, { recursive: true, force: true });
  }
  const outcome = await server.untilLine(/ready to accept connections/i);
  if (typeof outcome !== "string") {
    await stop();
    const said = outcome.lastLines.join("\n");
    // A build without TLS does not know the first of its settings.
    if (/tls-port.*\nBad directive/.test(said)) return undefined;
    throw new Error(`Redis does not start:\n${said}`);
  }
  return {
    pid: server.pid,
    caFile: file("ca.crt"),
    urls: {
      gateway,
      admin,
      worker(workerId) {
        const url = workerUrls.get(workerId);
        if (url === undefined) throw new Error(`no user for ${workerId}`);
        return url;
      },
    },
    stop,
  };
}
