/** What the fake runner must answer to a request, computed without a server: tests compare byte for byte. */
import { chatBodySchema, completionBodySchema } from "./bodies.ts";
import { collectStep, emptyWholeChoice, prepareChat } from "./chat.ts";
import type { Choice } from "./choice.ts";
import { prepareCompletion } from "./completions.ts";
import { changeSettings, defaultSettings, type FakeRunnerSettingsChange } from "./settings.ts";

export interface ExpectedChoice {
  /** The text, as it would be without `echo`. */
  content: string;
  reasoning: string;
  /** Ids are random and not told. */
  calls: { name: string; arguments: string }[];
  finishReason: string;
  tokens: number;
}

export interface ExpectedAnswer {
  promptTokens: number;
  completionTokens: number;
  choices: ExpectedChoice[];
}

/** @param body a chat request as it reaches the runner. @param settings those of the runner that differ from the defaults. */
export function expectedChat(body: object, settings: FakeRunnerSettingsChange = {}): ExpectedAnswer {
  const all = changeSettings(defaultSettings, settings);
  return run(prepareChat(chatBodySchema.parse({ ...body, model: undefined }), all));
}

/** The same for a text completion. */
export function expectedCompletion(body: object, settings: FakeRunnerSettingsChange = {}): ExpectedAnswer {
  const all = changeSettings(defaultSettings, settings);
  return run(prepareCompletion(completionBodySchema.parse({ ...body, model: undefined }), all));
}

function run({ promptTokens, choices }: { promptTokens: number; choices: Choice[] }): ExpectedAnswer {
  const told = choices.map((choice) => {
    const whole = emptyWholeChoice();
    while (!choice.finished) collectStep(whole, choice.step(1));
    return {
      content: whole.content,
      reasoning: whole.reasoning,
      calls: whole.calls.map(({ name, arguments: text }) => ({ name, arguments: text })),
      finishReason: whole.finish?.reason ?? "",
      tokens: choice.tokens,
    };
  });
  return { promptTokens, completionTokens: told.reduce((sum, { tokens }) => sum + tokens, 0), choices: told };
}
