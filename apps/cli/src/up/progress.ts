/** What `tera up` says while it works, on standard error: a spinner with the present step on a terminal, a line per step elsewhere. */
import pc from "picocolors";

export interface Progress {
  /** The present step; the same text again says nothing new. */
  update(text: string): void;
  /** A line that stays. */
  note(line: string): void;
  /** Clears the spinner. */
  end(): void;
}

/** The part of a standard stream that is used here. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const glyphs = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 80;
const clearLine = "\r\u001b[K";

export function createProgress(stream: Output): Progress {
  return stream.isTTY ? createSpinner(stream) : createLines(stream);
}

function createLines(stream: Output): Progress {
  let last = "";
  const say = (line: string) => void stream.write(`tera: ${line}\n`);
  return {
    update(text) {
      if (text === last) return;
      last = text;
      say(text);
    },
    note: say,
    end: () => undefined,
  };
}

function createSpinner(stream: Output): Progress {
  let text = "";
  let frame = 0;
  const draw = () => {
    if (text === "") return;
    const width = Math.max(10, (stream.columns ?? 80) - 4);
    stream.write(`${clearLine}${pc.cyan(glyphs[frame++ % glyphs.length] ?? "")} ${text.slice(0, width)}`);
  };
  const timer = setInterval(draw, frameMs).unref();
  return {
    update(next) {
      text = next;
      draw();
    },
    note(line) {
      stream.write(`${clearLine}${line}\n`);
      draw();
    },
    end() {
      clearInterval(timer);
      text = "";
      stream.write(clearLine);
    },
  };
}
