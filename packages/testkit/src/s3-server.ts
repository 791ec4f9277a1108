/** An S3-compatible server of one's own, with one bucket, in this process; objects are in a folder that goes with it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "s3rver";

export interface TestS3 {
  /** `http://127.0.0.1:<port>` */
  url: string;
  bucket: string;
  /** What the server takes. */
  accessKeyId: string;
  secretAccessKey: string;
  /** Away, until it is resumed at the same address with what it had. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

export async function startTestS3(): Promise<TestS3> {
  const directory = await mkdtemp(join(tmpdir(), "tera-s3-"));
  const bucket = "tera-files";
  const listen = async (port: number) => {
    const configureBuckets = [{ name: bucket, configs: [] }];
    const server = new S3rver({ directory, address: "127.0.0.1", port, silent: true, configureBuckets });
    return { server, port: (await server.run()).port };
  };
  const { server, port } = await listen(0);
  let running: S3rver | undefined = server;
  async function pause() {
    await running?.close();
    running = undefined;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    bucket,
    accessKeyId: "S3RVER",
    secretAccessKey: "S3RVER",
    pause,
    async resume() {
      running = (await listen(port)).server;
    },
    async close() {
      await pause();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
