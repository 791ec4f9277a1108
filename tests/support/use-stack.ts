/** A stack for a test file: stopped after it, its logs shown with each test that fails. */
import { type Stack, type StackOptions, startStack } from "@tera/testkit";
import { afterAll, afterEach } from "vitest";

export async function useStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack(options);
  afterEach(({ task }) => {
    if (task.result?.state === "fail") console.error(stack.logs());
  });
  afterAll(() => stack.stop());
  return stack;
}
