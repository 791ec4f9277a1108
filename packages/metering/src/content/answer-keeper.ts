/** Gathers what is kept of an answer from its deltas, in bounded memory. Audio is left out. */
import type { AnswerPart, KeptAnswer } from "@tera/database";
import type { Delta, ToolCallDelta } from "@tera/protocol";
import { contentCharactersMax, contentPartsMax, cutText, storableText } from "./kept-text.ts";

export interface AnswerKeeper {
  /** Hot path of requests whose content is kept. */
  add(deltas: readonly Delta[]): void;
  /** Another attempt begins: what was gathered is forgotten. */
  restart(): void;
  answer(): KeptAnswer;
}

interface Choice {
  reasoning: string;
  text: string;
  toolCalls: Map<number, { name: string; arguments: string }>;
  cut: number;
}

export function createAnswerKeeper(): AnswerKeeper {
  const choices = new Map<number, Choice>();
  const missing = new Set<number>();
  let left = contentCharactersMax;

  function choiceOf(index: number): Choice | undefined {
    const known = choices.get(index);
    if (known !== undefined) return known;
    if (choices.size >= contentPartsMax) {
      if (missing.size < contentPartsMax) missing.add(index);
      return undefined;
    }
    const choice: Choice = { reasoning: "", text: "", toolCalls: new Map(), cut: 0 };
    choices.set(index, choice);
    return choice;
  }

  /** @returns as much of it as is kept. */
  function take(choice: Choice, text: string): string {
    const kept = cutText(text, left);
    left -= kept.length;
    choice.cut += text.length - kept.length;
    return kept;
  }

  function addCall(choice: Choice, { index, name = "", arguments: text = "" }: ToolCallDelta): void {
    let call = choice.toolCalls.get(index);
    if (call === undefined) {
      if (choice.toolCalls.size >= contentPartsMax) {
        choice.cut += name.length + text.length;
        return;
      }
      call = { name: "", arguments: "" };
      choice.toolCalls.set(index, call);
    }
    call.name += take(choice, name);
    call.arguments += take(choice, text);
  }

  return {
    add(deltas) {
      for (const { index, reasoning, content, toolCalls } of deltas) {
        if (reasoning === undefined && content === undefined && toolCalls === undefined) continue;
        const choice = choiceOf(index);
        if (choice === undefined) continue;
        if (reasoning !== undefined) choice.reasoning += take(choice, reasoning);
        if (content !== undefined) choice.text += take(choice, content);
        if (toolCalls !== undefined) for (const call of toolCalls) addCall(choice, call);
      }
    },
    restart() {
      choices.clear();
      missing.clear();
      left = contentCharactersMax;
    },
    answer() {
      const parts = [...choices].sort(([a], [b]) => a - b).map(([index, choice]) => toPart(index, choice));
      return { parts, missingParts: missing.size };
    },
  };
}

function toPart(index: number, { reasoning, text, toolCalls, cut }: Choice): AnswerPart {
  const calls = [...toolCalls]
    .sort(([a], [b]) => a - b)
    .map(([, call]) => ({ name: storableText(call.name), arguments: storableText(call.arguments) }));
  return {
    index,
    ...(reasoning === "" ? {} : { reasoning: storableText(reasoning) }),
    ...(text === "" ? {} : { text: storableText(text) }),
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
    ...(cut === 0 ? {} : { cut }),
  };
}
