/** Starts what shall be compared. What cannot be had here is left out, with a sentence. */
import { createDirectTarget } from "./direct.ts";
import { startNginxProxy } from "./nginx-proxy.ts";
import { startNodeProxy } from "./node-proxy.ts";
import { startPortkey } from "./portkey.ts";
import type { StartTargetOptions, Target, TargetName } from "./target.ts";
import { startTera, type TeraTarget } from "./tera.ts";

export interface StartedTargets {
  /** In the order of their names; `direct` is always among them. */
  all: Target[];
  direct: Target;
  tera: TeraTarget | undefined;
}

export interface StartTargetsOptions extends StartTargetOptions {
  wanted: readonly TargetName[];
  profileDirectory: string | undefined;
}

/** @throws when a target that is there does not start. */
export async function startTargets({
  wanted,
  profileDirectory,
  ...options
}: StartTargetsOptions): Promise<StartedTargets> {
  const { say } = options.workbench;
  const direct = createDirectTarget(options);
  const all: Target[] = [direct];
  let tera: TeraTarget | undefined;
  if (wanted.includes("tera")) {
    say("starting Tera");
    tera = await startTera({ ...options, profileDirectory });
    all.push(tera);
  }
  const others = { "node-proxy": startNodeProxy, nginx: startNginxProxy, portkey: startPortkey };
  for (const [name, start] of Object.entries(others)) {
    if (!wanted.some((each) => each === name)) continue;
    const target = await start(options);
    if ("missing" in target) say(`no row for ${name}: ${target.missing}`);
    else all.push(target);
  }
  return { all, direct, tera };
}
