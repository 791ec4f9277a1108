/** Speech as raw audio bytes, or as OpenAI's `speech.audio.*` events with base64 inside. */
import { encodeSseEvent, type SpeechFormat, sseDone, sseKeepAlive, toErrorBody } from "@tera/protocol";
import type { Renderer } from "../dialect.ts";
import { toOpenAiUsage } from "../openai-usage.ts";

const contentTypes: Record<SpeechFormat, string> = {
  wav: "audio/wav",
  mp3: "audio/mpeg",
  flac: "audio/flac",
  opus: "audio/ogg",
  aac: "audio/aac",
  pcm: "audio/pcm",
};
const nothing = Buffer.alloc(0);

export function createSpeechAudio(format: SpeechFormat): Renderer {
  return {
    contentType: contentTypes[format],
    deltas(deltas) {
      const pieces = deltas.flatMap((delta) => (delta.audio === undefined ? [] : [Buffer.from(delta.audio, "base64")]));
      return pieces.length === 1 ? (pieces[0] ?? nothing) : Buffer.concat(pieces);
    },
    end: () => nothing,
    error: () => undefined,
    keepAlive: undefined,
  };
}

export function createSpeechEvents(): Renderer {
  return {
    contentType: "text/event-stream",
    deltas(deltas) {
      let text = "";
      for (const { audio } of deltas) {
        if (audio !== undefined) text += encodeSseEvent(JSON.stringify({ type: "speech.audio.delta", audio }));
      }
      return text;
    },
    end: (usage) =>
      encodeSseEvent(JSON.stringify({ type: "speech.audio.done", usage: toOpenAiUsage(usage) })) + sseDone,
    error: (error) => encodeSseEvent(JSON.stringify(toErrorBody(error))),
    keepAlive: sseKeepAlive,
  };
}
