/** What a dialect is: one API's way of asking and of answering, around the canonical request and deltas. */
import type { Delta, GenerationRequest, ReasoningField, TeraError, Usage } from "@tera/protocol";

/** A parsed call: what to generate, and how the client wants to read it. */
export interface Call {
  request: GenerationRequest;
  /** Which answer the client reads: one body at the end, or pieces as they come. */
  answer: "whole" | "pieces";
  /** Makes the renderer of this call; `requestId` names the answer. */
  createRenderer(context: RenderContext): Renderer;
}

export interface RenderContext {
  requestId: string;
  /** Epoch seconds. */
  createdAtS: number;
  /** Where this model's reasoning goes, in dialects that leave it to the catalog. */
  reasoningField: ReasoningField;
}

/**
 * Renders one answer. For "pieces", each method returns what to write now (an empty string or buffer: nothing); for "whole", `end` returns the
 * whole body and the others return nothing.
 */
export interface Renderer {
  contentType: string;
  /** Hot path. */
  deltas(deltas: readonly Delta[]): string | Buffer;
  end(usage: Usage): string | Buffer;
  /** An error after the first byte; undefined where the format has no words for it and the connection must break off. */
  error(error: TeraError): string | undefined;
  /** Shows that the connection lives; undefined where the format cannot. */
  keepAlive: string | undefined;
}

/** @throws {TeraError} `invalid_request`, naming the parameter. */
export type ParseCall = (body: unknown) => Call;
