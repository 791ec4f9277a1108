/** Writes each file of the build compressed beside it: the server sends what a browser understands, and compresses nothing itself. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

/** Of less, the headers are the larger part. */
const bytesMin = 1_024;
const compressible = /\.(js|css|svg)$/;

export function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      const directory = dir ?? this.error("there is no directory to write to");
      await Promise.all(
        Object.values(bundle).map(async (file) => {
          const content = Buffer.from(file.type === "chunk" ? file.code : file.source);
          if (!compressible.test(file.fileName) || content.length < bytesMin) return;
          const path = join(directory, file.fileName);
          await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }));
          await writeFile(`${path}.br`, await promisify(brotliCompress)(content));
        }),
      );
    },
  };
}
