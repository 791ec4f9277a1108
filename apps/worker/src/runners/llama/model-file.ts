/** From the `model` setting to a file on this machine; what is on Hugging Face is downloaded once. */
import { access, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { resolveModelFile } from "node-llama-cpp";

/** Between two words on a download's progress. */
const progressEveryMs = 1_000;

export interface ModelFile {
  path: string;
  /** Epoch seconds. */
  modifiedAt: number;
}

/** @throws when there is no such file, or it cannot be downloaded. */
export async function findModelFile(
  model: string,
  modelsDir: string,
  onProgress: (reason: string) => void,
): Promise<ModelFile> {
  const path = model.startsWith("hf:") ? await download(model, modelsDir, onProgress) : resolve(model);
  await access(path);
  return { path, modifiedAt: Math.floor((await stat(path)).mtimeMs / 1_000) };
}

async function download(model: string, modelsDir: string, onProgress: (reason: string) => void): Promise<string> {
  let saidAtMs = 0;
  return await resolveModelFile(model, {
    directory: resolve(modelsDir),
    cli: false,
    onProgress({ totalSize, downloadedSize }) {
      if (Date.now() - saidAtMs < progressEveryMs) return;
      saidAtMs = Date.now();
      const percent = totalSize > 0 ? Math.floor((downloadedSize / totalSize) * 100) : 0;
      onProgress(`downloading ${model}: ${percent} % of ${(totalSize / 1e9).toFixed(2)} GB`);
    },
  });
}
