/** Asks the test run's main process to lend a database or a server, or to take it back (testkit's vitest-setup.ts, which also notices what is not given back). */

declare module "vitest" {
  export interface ProvidedContext {
    testServicesUrl: string;
  }
}

/** @returns what the answer says, to be checked by who asked. @throws {Error} with the reason of a refusal. */
export async function askTestServices(method: "POST" | "DELETE", path: string): Promise<unknown> {
  // Imported here, because vitest can be imported by its own workers only, and benchmarks load this file too.
  const { inject } = await import("vitest");
  const response = await fetch(`${inject("testServicesUrl")}/${path}`, { method });
  const text = await response.text();
  if (!response.ok) throw new Error(`test services: ${method} ${path} failed: ${text}`);
  return JSON.parse(text);
}
