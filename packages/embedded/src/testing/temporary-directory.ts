/** A directory that is removed after the test; of mode 0700, like everything that mkdtemp makes, so that other users cannot reach into it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "tera-embedded-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
