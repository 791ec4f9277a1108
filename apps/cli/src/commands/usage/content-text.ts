/** Kept prompts and answers as people read them. What a client or an engine wrote cannot move the cursor or pass for a line of ours: each of its lines is indented. */
import { stripVTControlCharacters } from "node:util";
import type { CommandContent } from "../../stack/command-usage.ts";
import { formatMoment } from "../moment.ts";

export function renderContent({ prompt, answer, expiresAt }: CommandContent): string {
  const parts = [
    ...missing(prompt.missingParts, "older messages are"),
    ...prompt.parts.map(({ role, text, cut }) => block(role, text, cut)),
    ...answer.parts.map((part) => renderAnswer(part, answer.parts.length)),
    ...missing(answer.missingParts, "further answers are"),
    `Kept until ${formatMoment(expiresAt)}.`,
  ];
  return parts.join("\n\n");
}

function renderAnswer(
  { index, reasoning, text, toolCalls = [], cut }: CommandContent["answer"]["parts"][number],
  count: number,
): string {
  const said = [
    ...(reasoning === undefined ? [] : [`(reasoning) ${reasoning}`]),
    ...(text === undefined ? [] : [text]),
    ...toolCalls.map((call) => `${call.name}(${call.arguments})`),
  ];
  return block(count === 1 ? "answer" : `answer ${index}`, said.join("\n"), cut);
}

function block(title: string, text: string, cut: number | undefined): string {
  const lines = plain(text).split("\n");
  const end = cut === undefined ? [] : [`  [${cut} more characters were not kept]`];
  return [`${title}:`, ...lines.map((line) => `  ${line}`), ...end].join("\n");
}

function missing(count: number, what: string): string[] {
  return count === 0 ? [] : [`[${count} ${what} not kept]`];
}

/** Lines and tabs stay. */
function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu, " ");
}
