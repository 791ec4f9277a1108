/**
 * Server-sent events, both ways: an incremental parser that survives any chunk border, and the encoder.
 *
 * Source: WHATWG HTML, section 9.2 "Server-sent events". Lines end in LF, CRLF or CR; a comment starts with a colon; several `data` lines
 * of one event are joined by LF; an event without data is dropped; a leading byte order mark is ignored.
 */

/** An event longer than this is not an event but a fault: the parser throws rather than grow. Characters. */
const sseEventLengthMax = 16 * 1024 * 1024;

export class SseTooLongError extends Error {
  override readonly name = "SseTooLongError";
}

/**
 * @param onData called once per event with its data; `event` is the event's name, "message" when it has none.
 * @returns `push` takes the next bytes. What is left after the last one is an unfinished event: by the specification it is dropped.
 */
export function createSseParser(
  onData: (data: string, event: string) => void,
  lengthMax: number = sseEventLengthMax,
): { push(chunk: Uint8Array): void } {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  let endedInCr = false;
  let data: string | undefined;
  let dataLength = 0;
  let event = "";

  function takeLine(line: string): void {
    if (line === "") {
      if (data !== undefined) onData(data, event === "" ? "message" : event);
      data = undefined;
      dataLength = 0;
      event = "";
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "data") {
      dataLength += value.length;
      if (dataLength > lengthMax) throw new SseTooLongError(`an event is longer than ${lengthMax} characters`);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (field === "event") {
      event = value;
    }
  }

  return {
    push(chunk) {
      let text = decoder.decode(chunk, { stream: true });
      if (text === "") return;
      // A CR at the end of the last chunk ended its line; an LF at the start of this one belongs to it.
      if (endedInCr && text.startsWith("\n")) text = text.slice(1);
      endedInCr = text.endsWith("\r");
      // Each character is searched once for LF and once for CR, and only new text: neither many lines nor a long one cost more than their bytes.
      let start = 0;
      let lf = text.indexOf("\n");
      let cr = text.indexOf("\r");
      while (lf >= 0 || cr >= 0) {
        const end = cr < 0 || (lf >= 0 && lf < cr) ? lf : cr;
        takeLine(rest + text.slice(start, end));
        rest = "";
        start = end === cr && lf === cr + 1 ? end + 2 : end + 1;
        if (lf >= 0 && lf < start) lf = text.indexOf("\n", start);
        if (cr >= 0 && cr < start) cr = text.indexOf("\r", start);
      }
      rest += text.slice(start);
      if (rest.length > lengthMax) throw new SseTooLongError(`a line is longer than ${lengthMax} characters`);
    },
  };
}

/** One event. JSON has no raw line breaks, so one `data` line always does. */
export function encodeSseEvent(json: string): string {
  return `data: ${json}\n\n`;
}

export const sseDone = "data: [DONE]\n\n";
export const sseKeepAlive = ": keep-alive\n\n";
