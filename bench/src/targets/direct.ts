/** The engine without anything in between: what all others are compared with. */
import { chatPath, type StartTargetOptions, type Target } from "./target.ts";

export function createDirectTarget({ engines }: Pick<StartTargetOptions, "engines">): Target {
  return {
    name: "direct",
    endpoints: engines.map(({ url, model }) => ({ url: url + chatPath, headers: {}, model })),
    processes: {},
    version: undefined,
  };
}
