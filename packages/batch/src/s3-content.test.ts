import { connectDatabase } from "@tera/database";
import { ConfigError } from "@tera/protocol";
import { createTestDatabase, startTestS3 } from "@tera/testkit";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { ByteRange } from "./content-store.ts";
import { fileSettings, readS3Settings, type S3Settings } from "./file-settings.ts";
import { openFileStores } from "./open-file-stores.ts";
import { createS3Content } from "./s3-content.ts";

const server = await startTestS3();
const { bucket, accessKeyId, secretAccessKey } = server;
const settings: S3Settings = {
  bucket,
  endpoint: server.url,
  region: "us-east-1",
  credentials: { accessKeyId, secretAccessKey },
  prefix: "tera/",
  pathStyle: true,
};
const content = createS3Content(settings);
afterAll(async () => {
  content.close();
  await server.close();
});

const mebibyte = 1_024 * 1_024;

/** Each mebibyte has its own number in each byte. */
async function* pieces(mebibytes: number, failAfter = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
  for (let number = 0; number < mebibytes; number++) {
    if (number === failAfter) throw new Error("line 7 is wrong");
    yield Buffer.alloc(mebibyte, number % 251);
  }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const piece of source) found.push(piece);
  return Buffer.concat(found);
}

async function readAll(id: string, range?: ByteRange): Promise<Buffer> {
  return collect(content.read(id, range));
}

describe("a file of several parts", () => {
  const size = 20 * mebibyte + 5;
  async function* source() {
    yield* pieces(20);
    yield Buffer.from("tail!");
  }

  test("is kept byte by byte, read in ranges, and removed", async () => {
    expect(await content.write("large", source())).toBe(size);
    const whole = await readAll("large");
    expect(whole.length).toBe(size);
    expect(whole.equals(await collect(source()))).toBe(true);
    const range = { start: 8 * mebibyte - 2, length: 4 };
    expect([...(await readAll("large", range))]).toEqual([7, 7, 8, 8]);
    expect((await readAll("large", { start: size - 5, length: 100 })).toString()).toBe("tail!");
    expect(await readAll("large", { start: 3, length: 0 })).toHaveLength(0);
    await content.remove("large");
    await expect(readAll("large")).rejects.toMatchObject({ code: "storage_unavailable" });
    await content.remove("large");
  });

  test("leaves nothing when its source fails, and says what the source said", async () => {
    await expect(content.write("broken", pieces(20, 12))).rejects.toThrow("line 7 is wrong");
    await expect(content.write("small", pieces(2, 1))).rejects.toThrow("line 7 is wrong");
    for (const id of ["broken", "small"]) await expect(readAll(id)).rejects.toMatchObject({ status: 503 });
  });
});

test("a reader that leaves early ends the answer", async () => {
  await content.write("left", pieces(9));
  for await (const piece of content.read("left")) {
    expect(piece[0]).toBe(0);
    break;
  }
  await content.remove("left");
});

test("of a file that is written only a few parts are in memory", async () => {
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  async function* watched() {
    for await (const piece of pieces(160)) {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
      yield piece;
    }
  }
  expect(await content.write("huge", watched())).toBe(160 * mebibyte);
  await content.remove("huge");
  expect(peak).toBeLessThan(100 * mebibyte);
});

test("new files go there; those that Postgres has are still found and removed there", async () => {
  const testDatabase = await createTestDatabase();
  const database = connectDatabase({ url: testDatabase.url, name: "test" });
  const stores = await openFileStores(settings);
  const plain = await openFileStores(undefined);
  onTestFinished(async () => {
    stores.close();
    await database.close();
    await testDatabase.drop();
  });
  const { db } = database;
  await db.execute("insert into account (id, name, kind) values ('acct_1', 'One', 'postpaid')");
  const values = { accountId: "acct_1", purpose: "batch", filename: "a.jsonl", expiresAt: null } as const;
  const older = await plain.on(db).write(values, pieces(1));
  const newer = await stores.on(db).write(values, pieces(2));
  expect([older.storage, newer.storage]).toEqual(["postgres", "s3"]);
  for (const { id, bytes } of [older, newer]) {
    const found = await stores.on(db).find("acct_1", id);
    if (found === undefined) throw new Error("not found");
    expect((await collect(stores.on(db).read(found))).length).toBe(bytes);
    expect(await stores.on(db).remove("acct_1", id)).toBe(true);
  }
  await expect(readAll(newer.id)).rejects.toMatchObject({ code: "storage_unavailable" });
});

describe("the check at the start", () => {
  const problemOf = async (change: Partial<S3Settings>) => {
    const stores = await openFileStores({ ...settings, ...change });
    onTestFinished(() => stores.close());
    return stores.check().then(
      () => "none",
      (error: unknown) => (error instanceof ConfigError ? error.message : `unexpected: ${error}`),
    );
  };

  test("finds nothing where files can be written, read and removed", async () => {
    expect(await problemOf({})).toBe("none");
  });

  test("says what to do where they cannot", async () => {
    expect(await problemOf({ bucket: "none-such" })).toMatch(/no bucket none-such: make it/);
    expect(await problemOf({ credentials: { accessKeyId: "wrong", secretAccessKey } })).toMatch(
      /check TERA_FILES_S3_ACC/,
    );
    expect(await problemOf({ endpoint: "http://127.0.0.1:9" })).toMatch(/\(ECONNREFUSED\): check that it runs/);
  });
});

describe("settings", () => {
  const read = (given: Record<string, string>) => readS3Settings(z.object(fileSettings).parse(given));

  test("none mean Postgres; an endpoint of one's own means the bucket in the path", () => {
    expect(read({})).toBeUndefined();
    expect(read({ TERA_FILES_S3_BUCKET: "b" })).toMatchObject({
      bucket: "b",
      pathStyle: false,
      credentials: undefined,
    });
    const own = { TERA_FILES_S3_BUCKET: "b", TERA_FILES_S3_ENDPOINT: "http://minio:9000" };
    expect(read(own)).toMatchObject({ pathStyle: true });
    expect(read({ ...own, TERA_FILES_S3_PATH_STYLE: "false" })).toMatchObject({ pathStyle: false });
  });

  test("half of them are refused by the name of the other half", () => {
    expect(() => read({ TERA_FILES_S3_ENDPOINT: "http://minio:9000" })).toThrow("TERA_FILES_S3_BUCKET: is not set");
    expect(() => read({ TERA_FILES_S3_BUCKET: "b", TERA_FILES_S3_ACCESS_KEY_ID: "x" })).toThrow(
      "TERA_FILES_S3_SECRET_ACCESS_KEY: is not set",
    );
  });
});
