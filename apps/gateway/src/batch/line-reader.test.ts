import type { ByteRange } from "@tera/batch";
import type { File } from "@tera/database";
import { expect, test } from "vitest";
import { createLineReader } from "./line-reader.ts";

const text = Array.from({ length: 40_000 }, (_, index) => `line ${index} ü`).join("\n");
const bytes = Buffer.from(text);

function createFiles() {
  const asked = { finds: 0, reads: 0 };
  return {
    asked,
    async find(accountId: string, id: string): Promise<File | undefined> {
      asked.finds++;
      if (accountId !== "acct_1") return undefined;
      return {
        id,
        accountId,
        storage: "postgres",
        purpose: "batch",
        filename: "f",
        bytes: bytes.length,
        createdAt: new Date(),
        expiresAt: null,
      };
    },
    async *read(_: unknown, range: ByteRange = { start: 0, length: bytes.length }) {
      asked.reads++;
      yield bytes.subarray(range.start, range.start + range.length);
    },
  };
}

test("every line is read as it is, wherever pieces end, and neighbours cost no query of their own", async () => {
  const files = createFiles();
  const reader = createLineReader(files);
  let byteOffset = 0;
  const reading = text.split("\n").map((line) => {
    const byteLength = Buffer.byteLength(line);
    const read = reader.read({ accountId: "acct_1", inputFileId: "file-1", byteOffset, byteLength });
    byteOffset += byteLength + 1;
    return read;
  });
  expect((await Promise.all(reading)).join("\n")).toBe(text);
  expect(files.asked).toEqual({ finds: 1, reads: Math.ceil(bytes.length / (256 * 1_024)) });
});

test("a file that another account has is not there", async () => {
  const reader = createLineReader(createFiles());
  const own = { accountId: "acct_1", inputFileId: "file-1", byteOffset: 0, byteLength: 6 };
  expect(await reader.read(own)).toBe("line 0");
  await expect(reader.read({ ...own, accountId: "acct_2" })).rejects.toMatchObject({ code: "invalid_request" });
});
