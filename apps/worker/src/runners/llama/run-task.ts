/** One task: every choice of one request, one after the other on one sequence, so that later ones find the prompt evaluated. */
import { type GenerationRequest, type Sampling, TeraError, type Usage } from "@tera/protocol";
import type { Engine } from "./engine.ts";
import { generateChoice } from "./generate-choice.ts";
import type { Outbox } from "./outbox.ts";
import { checkRoom, createChatPrompt, createCompletionPrompts, type Prompt } from "./prompt.ts";

export interface Task {
  taskId: number;
  request: GenerationRequest;
  signal: AbortSignal;
}

/**
 * Deltas go to the outbox; its end is the caller's to say.
 *
 * @param usage counts on while the task runs. A prompt counts once, whatever its number of choices.
 * @throws {TeraError} 400 for what this model cannot do; anything else is a fault of the engine.
 */
export async function runTask(engine: Engine, task: Task, usage: Usage, outbox: Outbox): Promise<void> {
  const { taskId, request, signal } = task;
  const { prompts, n, sampling } = readRequest(engine, request);
  const [first] = prompts;
  if (first === undefined) return;
  const lease = await engine.sequences.take(first.tokens, signal);
  if (lease === undefined) return;
  try {
    for (let index = 0; index < prompts.length * n; index++) {
      const prompt = prompts[Math.floor(index / n)];
      if (prompt === undefined || signal.aborted) return;
      const isFirst = index % n === 0;
      if (prompt.echo !== undefined) outbox.delta(taskId, { index, content: prompt.echo }, usage);
      const finishReason = await generateChoice(engine, lease.sequence, {
        prompt,
        sampling,
        index,
        signal,
        onPrompt(cachedTokens) {
          if (!isFirst) return;
          usage.promptTokens += prompt.tokens.length;
          usage.cachedTokens += cachedTokens;
          outbox.progress(taskId, usage);
        },
        onToken(isReasoning) {
          usage.completionTokens++;
          if (isReasoning) usage.reasoningTokens++;
        },
        onPart(part) {
          outbox.delta(taskId, { index, ...part }, usage);
        },
        whenClear: outbox.whenClear,
      });
      if (finishReason !== undefined) outbox.delta(taskId, { index, finishReason }, usage);
    }
  } catch (error) {
    // What a failed evaluation left in the sequence is not to be built upon.
    if (!(error instanceof TeraError)) await lease.sequence.clearHistory().catch(endProcess);
    throw error;
  } finally {
    lease.free();
  }
}

/** An engine that cannot even forget is of no more use; the worker starts another. */
function endProcess(cause: unknown): void {
  setImmediate(() => {
    throw new Error("a sequence cannot be cleared", { cause });
  });
}

interface TaskPlan {
  prompts: Prompt[];
  n: number;
  sampling: Sampling;
}

function readRequest(engine: Engine, request: GenerationRequest): TaskPlan {
  switch (request.kind) {
    case "chat": {
      const prompts = [createChatPrompt(engine, request)];
      checkRoom(engine, prompts, request.sampling.maxTokens);
      return { prompts, n: request.n, sampling: request.sampling };
    }
    case "completion": {
      const prompts = createCompletionPrompts(engine, request);
      checkRoom(engine, prompts, request.sampling.maxTokens);
      return { prompts, n: request.n, sampling: request.sampling };
    }
    case "speech":
      throw new TeraError("invalid_request", "This model writes text; it cannot speak.", { param: "model" });
  }
}
