/** One conversation with one model: its turns, the answer that is coming, and stopping it. */
import { useCallback, useEffect, useRef, useState } from "react";
import { streamChat } from "../../api/playground.ts";
import type { Message } from "./chat-settings.ts";

export interface ToolCall {
  /** By which the model names it while its pieces come. */
  index: number;
  name: string;
  arguments: string;
}

export interface Turn {
  id: number;
  question: string;
  reasoning: string;
  content: string;
  toolCalls: ToolCall[];
  /** Empty: the API has not answered. */
  requestId: string;
  state: "running" | "done" | "stopped" | "failed";
  finishReason: string | null;
  failure: string | null;
}

export interface Chat {
  turns: Turn[];
  isRunning: boolean;
  /** @param toRequest makes the body from the conversation so far and the question */
  ask(accountId: string, question: string, toRequest: (messages: readonly Message[]) => object): Promise<void>;
  stop(): void;
  clear(): void;
}

export function useChat(): Chat {
  const [turns, setTurns] = useState<Turn[]>([]);
  const running = useRef<AbortController>(undefined);
  const nextId = useRef(0);
  // Nobody would see the rest, and it is paid for.
  useEffect(() => () => running.current?.abort(), []);

  const ask = useCallback<Chat["ask"]>(
    async (accountId, question, toRequest) => {
      const stopping = new AbortController();
      running.current = stopping;
      const id = nextId.current++;
      const messages = [...turns.flatMap(toMessages), { role: "user", content: question } as const];
      setTurns((before) => [...before, newTurn(id, question)]);
      const change = (apply: (turn: Turn) => Turn) =>
        setTurns((all) => all.map((turn) => (turn.id === id ? apply(turn) : turn)));
      try {
        await streamChat(
          accountId,
          toRequest(messages),
          {
            onRequestId: (requestId) => change((turn) => ({ ...turn, requestId })),
            onContent: (text) => change((turn) => ({ ...turn, content: turn.content + text })),
            onReasoning: (text) => change((turn) => ({ ...turn, reasoning: turn.reasoning + text })),
            onToolCall: (index, name, text) =>
              change((turn) => ({ ...turn, toolCalls: withToolCall(turn.toolCalls, index, name, text) })),
            onFinish: (finishReason) => change((turn) => ({ ...turn, finishReason })),
          },
          stopping.signal,
        );
        change((turn) => ({ ...turn, state: "done" }));
      } catch (error) {
        const failure = error instanceof Error ? error.message : String(error);
        change((turn) =>
          stopping.signal.aborted ? { ...turn, state: "stopped" } : { ...turn, state: "failed", failure },
        );
      } finally {
        if (running.current === stopping) running.current = undefined;
      }
    },
    [turns],
  );
  const stop = useCallback(() => running.current?.abort(), []);
  const clear = useCallback(() => {
    running.current?.abort();
    setTurns([]);
  }, []);

  return { turns, isRunning: turns.some(({ state }) => state === "running"), ask, stop, clear };
}

function newTurn(id: number, question: string): Turn {
  return {
    id,
    question,
    reasoning: "",
    content: "",
    toolCalls: [],
    requestId: "",
    state: "running",
    finishReason: null,
    failure: null,
  };
}

/** What the model is told of a turn: one that failed did not happen. */
function toMessages({ question, content, state }: Turn): Message[] {
  if (state === "failed" || content === "") return [];
  return [
    { role: "user", content: question },
    { role: "assistant", content },
  ];
}

function withToolCall(calls: readonly ToolCall[], index: number, name: string | undefined, text: string): ToolCall[] {
  const known = calls.find((call) => call.index === index);
  if (known === undefined) return [...calls, { index, name: name ?? "", arguments: text }];
  const changed = { index, name: name ?? known.name, arguments: known.arguments + text };
  return calls.map((call) => (call === known ? changed : call));
}
