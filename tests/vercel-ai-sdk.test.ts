/** The Vercel AI SDK against the whole stack with a fake runner. */
import { triggers } from "@tera/testkit";
import { describeAiSdk } from "./support/ai-sdk-suite.ts";
import { useStack } from "./support/use-stack.ts";

const stack = await useStack();
describeAiSdk({
  stack,
  model: stack.model,
  weatherQuestion: `What is the weather in Ankara? Now ${triggers.callTool}.`,
});
