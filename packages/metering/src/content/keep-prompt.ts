/** What is kept of a prompt: its newest messages, as far as they fit. Tools, parameters and images are left out. */
import type { KeptPrompt, PromptPart } from "@tera/database";
import type { ChatMessage, GenerationRequest } from "@tera/protocol";
import { contentCharactersMax, contentPartsMax, cutText, storableText } from "./kept-text.ts";

export function keepPrompt(request: GenerationRequest): KeptPrompt {
  const count =
    request.kind === "chat" ? request.messages.length : request.kind === "completion" ? request.prompts.length : 1;
  const parts: PromptPart[] = [];
  let left = contentCharactersMax;
  for (let index = count - 1; index >= 0 && left > 0 && parts.length < contentPartsMax; index--) {
    const { role, text } = readPart(request, index);
    const kept = cutText(text, left);
    left -= kept.length;
    parts.push({
      role,
      text: storableText(kept),
      ...(kept.length === text.length ? {} : { cut: text.length - kept.length }),
    });
  }
  return { parts: parts.reverse(), missingParts: count - parts.length };
}

function readPart(request: GenerationRequest, index: number): { role: string; text: string } {
  if (request.kind === "speech") return { role: "input", text: request.input };
  if (request.kind === "completion") {
    const prompt = request.prompts[index] ?? "";
    // Token ids mean something only to the model: what cannot be kept of them need not be written out.
    const text = typeof prompt === "string" ? prompt : prompt.slice(0, contentCharactersMax).join(" ");
    return { role: "prompt", text };
  }
  const message = request.messages[index];
  return message === undefined ? { role: "user", text: "" } : { role: message.role, text: readMessage(message) };
}

function readMessage(message: ChatMessage): string {
  const { content } = message;
  const texts = typeof content === "string" ? [content] : (content ?? []).map(readContentPart);
  const calls = message.role === "assistant" ? (message.tool_calls ?? []) : [];
  for (const { function: called } of calls) texts.push(`${called.name}(${called.arguments})`);
  return texts.join("\n");
}

type ContentPart = Exclude<NonNullable<ChatMessage["content"]>, string>[number];

function readContentPart(part: ContentPart): string {
  switch (part.type) {
    case "text":
      return part.text;
    case "refusal":
      return part.refusal;
    case "image_url":
      return "[image]";
  }
}
