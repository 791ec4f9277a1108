/** A fake runner as a process of the stack, set and asked over HTTP. */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type RequestReport, requestReportSchema } from "../fake-runner/request-log.ts";
import { type FakeRunnerSettings, type FakeRunnerSettingsChange, settingsSchema } from "../fake-runner/settings.ts";
import { type StackProcess, startStackProcess } from "./stack-process.ts";

const program = fileURLToPath(new URL("../fake-runner/main.ts", import.meta.url));
const readySchema = z.object({ url: z.string() });

export interface StackRunner {
  readonly process: StackProcess;
  readonly url: string;
  /** Changes settings while it runs. @returns them all. */
  control(change: FakeRunnerSettingsChange): Promise<FakeRunnerSettings>;
  /** What reached it, and what runs now. */
  report(): Promise<RequestReport>;
  /** Forgets what reached it. */
  clear(): Promise<void>;
}

/** @param port 0: any free one; a fixed one brings a killed runner back where it was. */
export async function startStackRunner(
  name: string,
  settings: FakeRunnerSettingsChange,
  port = 0,
): Promise<StackRunner> {
  const process = await startStackProcess({
    name,
    program,
    arguments: ["--port", String(port), "--settings", JSON.stringify(settings)],
    environment: {},
  });
  const { url } = readySchema.parse(process.ready);
  return {
    process,
    url,
    async control(change) {
      const response = await fetch(`${url}/_control`, { method: "POST", body: JSON.stringify(change) });
      if (!response.ok) throw new Error(`${name} refused its settings: ${await response.text()}`);
      return settingsSchema.parse(await response.json());
    },
    async report() {
      return requestReportSchema.parse(await (await fetch(`${url}/_control/requests`)).json());
    },
    async clear() {
      await fetch(`${url}/_control/requests`, { method: "DELETE" });
    },
  };
}
