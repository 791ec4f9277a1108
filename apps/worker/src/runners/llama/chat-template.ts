/**
 * Renders messages with the model's own chat template, the Jinja text in its GGUF file (`tokenizer.chat_template`).
 *
 * Without one, ChatML. What a template may use is what Hugging Face's Transformers gives it: messages, tools, add_generation_prompt,
 * bos_token, eos_token, enable_thinking, raise_exception, strftime_now.
 */
import { Template } from "@huggingface/jinja";
import { type ChatGeneration, type ChatMessage, TeraError, type Tool } from "@tera/protocol";

const chatMl = `{%- for message in messages -%}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}`;

/** How a template shows tool calls that Tera can read back. */
const hermesToolCall = /<tool_call>(?:\\n|\s)*\{\s*\\?["']name/;
const errorLengthMax = 300;

export interface ChatTemplate {
  knowsTools: boolean;
  knowsThinking: boolean;
  /** @throws {TeraError} 400 when the template does not accept the messages. */
  render(request: ChatGeneration, options: RenderOptions): RenderedChat;
}

export interface RenderOptions {
  /** Those that the answer may call. */
  tools: readonly Tool[];
  /** Absent: as the template has it. */
  enableThinking: boolean | undefined;
}

export interface RenderedChat {
  prompt: string;
  /** The prompt ends inside a reasoning block that the template opened. */
  opensThinking: boolean;
}

export interface ChatTemplateSource {
  /** Jinja; undefined when the model has none. */
  source: string | undefined;
  bosToken: string;
  eosToken: string;
}

/** @throws when the template is no Jinja that can be read. */
export function createChatTemplate({ source: given, bosToken, eosToken }: ChatTemplateSource): ChatTemplate {
  const source = given ?? chatMl;
  const template = readTemplate(source);
  const constants = { bos_token: bosToken, eos_token: eosToken };
  const knowsTools = /\btools\b/.test(source) && hermesToolCall.test(source);

  return {
    knowsTools,
    knowsThinking: source.includes("<think>"),
    render(request, { tools, enableThinking }) {
      const items = {
        ...constants,
        messages: request.messages.map(toTemplateMessage),
        add_generation_prompt: true,
        ...(tools.length === 0 ? {} : { tools }),
        ...(enableThinking === undefined ? {} : { enable_thinking: enableThinking }),
        ...(request.reasoningEffort === undefined ? {} : { reasoning_effort: request.reasoningEffort }),
      };
      const prompt = renderOrRefuse(template, items);
      return { prompt, opensThinking: prompt.trimEnd().endsWith("<think>") };
    },
  };
}

function readTemplate(source: string): Template {
  try {
    return new Template(source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the model's chat template cannot be read: ${reason.slice(0, errorLengthMax)}`, { cause });
  }
}

function renderOrRefuse(template: Template, items: Record<string, unknown>): string {
  try {
    return template.render(items);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TeraError(
      "invalid_request",
      `The model's chat template does not accept these messages: ${reason.slice(0, errorLengthMax)}`,
      { param: "messages", cause },
    );
  }
}

/** Templates expect text as content, `system` for `developer`, and a call's arguments as an object. */
function toTemplateMessage(message: ChatMessage, at: number): Record<string, unknown> {
  const content = joinContent(message, at);
  switch (message.role) {
    case "developer":
      return { ...message, role: "system", content };
    case "assistant": {
      const { tool_calls: calls, reasoning_content: reasoning, ...rest } = message;
      return {
        ...rest,
        content,
        ...(reasoning == null ? {} : { reasoning_content: reasoning }),
        ...(calls == null || calls.length === 0 ? {} : { tool_calls: calls.map(toTemplateCall) }),
      };
    }
    default:
      return { ...message, content };
  }
}

function joinContent({ content }: ChatMessage, at: number): string {
  if (content == null) return "";
  if (typeof content === "string") return content;
  return content
    .map((part) => {
      if (part.type === "text") return part.text;
      if (part.type === "refusal") return part.refusal;
      throw new TeraError("unsupported_parameter", "This model reads text only; leave images out.", {
        param: `messages[${at}].content`,
      });
    })
    .join("");
}

type AssistantMessage = Extract<ChatMessage, { role: "assistant" }>;
type ToolCall = NonNullable<AssistantMessage["tool_calls"]>[number];

function toTemplateCall(call: ToolCall): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(call.function.arguments);
  } catch {
    // A model may once have written something else; the template then shows it as it was.
    parsed = call.function.arguments;
  }
  return { ...call, function: { ...call.function, arguments: parsed } };
}
