/** The harness itself: it must fail when the stack does. */
import { startStack } from "@tera/testkit";
import { expect, test } from "vitest";

test("a process that ends by itself fails the stop, with its name and last lines", async () => {
  const stack = await startStack();
  const [gateway] = stack.gateways;
  if (gateway === undefined) throw new Error("no gateway");
  process.kill(gateway.process.pid, "SIGKILL");
  await expect.poll(() => gateway.process.running, { interval: 10 }).toBe(false);
  await expect(stack.stop()).rejects.toThrow(/gateway-1 ended by itself \(SIGKILL\).*gateway listens/s);
});

test("a configuration that cannot work fails the start, with the reason", async () => {
  const started = startStack({ env: { gateway: { TERA_GATEWAY_PROT: "1" } } });
  await expect(started).rejects.toThrow(/TERA_GATEWAY_PROT: unknown setting; did you mean TERA_GATEWAY_PORT/);
});

test("several gateways, workers and runners serve together", async () => {
  const stack = await startStack({ gateways: 2, workers: 2, fakeRunners: 3 });
  for (const { url } of stack.gateways) {
    const listed = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${stack.apiKey}` } });
    expect(await listed.json()).toMatchObject({ data: [{ id: stack.model }] });
  }
  await stack.stop();
  for (const { process: started } of [...stack.gateways, ...stack.workers, ...stack.runners])
    expect(started.running).toBe(false);
});
