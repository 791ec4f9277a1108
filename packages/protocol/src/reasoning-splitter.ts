/**
 * Splits a raw text stream into reasoning (between `<think>` and `</think>`) and content, wherever chunk borders cut a tag.
 *
 * A model may open its reasoning itself, or its chat template may have opened it already (`startsInside`). Only the first block
 * counts: a tag that turns up later in an answer is the answer's own text. White space around the block belongs to nobody.
 */

export interface ReasoningPiece {
  reasoning: string;
  content: string;
}

export interface ReasoningSplitter {
  /** What the next piece of raw text adds. Text that may be the start of a tag is held back. */
  push(text: string): ReasoningPiece;
  /** What was held back. */
  end(): ReasoningPiece;
  /** True while inside the reasoning block: the token just pushed counts as a reasoning token. */
  readonly inReasoning: boolean;
}

const opening = "<think>";
const closing = "</think>";

export function createReasoningSplitter(options: { startsInside?: boolean } = {}): ReasoningSplitter {
  // before: only white space so far. inside: reasoning. gap: white space between block and answer. content: the answer, to the end.
  let state: "before" | "inside" | "gap" | "content" = options.startsInside === true ? "inside" : "before";
  let trimReasoning = true;
  let held = "";

  function push(text: string): ReasoningPiece {
    const piece = { reasoning: "", content: "" };
    held += text;
    if (state === "before") {
      const trimmed = held.trimStart();
      if (trimmed.startsWith(opening)) {
        state = "inside";
        held = trimmed.slice(opening.length);
      } else if (!opening.startsWith(trimmed)) {
        state = "content";
      }
    }
    if (state === "inside") {
      if (trimReasoning) {
        held = held.trimStart();
        if (held !== "" && !closing.startsWith(held)) trimReasoning = false;
      }
      const end = held.indexOf(closing);
      if (end >= 0) {
        piece.reasoning = held.slice(0, end).trimEnd();
        held = held.slice(end + closing.length);
        state = "gap";
      } else {
        const keep = trailingSpaceAndTag(held);
        piece.reasoning = held.slice(0, held.length - keep);
        held = held.slice(held.length - keep);
      }
    }
    if (state === "gap") {
      held = held.trimStart();
      if (held !== "") state = "content";
    }
    if (state === "content") {
      piece.content = held;
      held = "";
    }
    return piece;
  }

  return {
    push,
    end() {
      const rest = held;
      held = "";
      if (state === "inside") return { reasoning: rest.trimEnd(), content: "" };
      return { reasoning: "", content: state === "gap" ? "" : rest };
    },
    get inReasoning() {
      return state === "inside";
    },
  };
}

/** How many last characters must wait: the longest start of `</think>` that ends the text, and the white space before it. */
function trailingSpaceAndTag(text: string): number {
  let tag = Math.min(closing.length - 1, text.length);
  while (tag > 0 && !text.endsWith(closing.slice(0, tag))) tag--;
  const before = text.slice(0, text.length - tag);
  return tag + before.length - before.trimEnd().length;
}
