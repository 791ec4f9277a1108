/** Reads the replies of XREAD, XREADGROUP and XRANGE (RESP2): arrays of unknown content, turned into typed entries. */

export interface StreamEntry {
  /** Key of the stream it was read from. */
  key: string;
  id: string;
  /** The value of the entry's only field; undefined when the entry was deleted meanwhile. */
  value: string | undefined;
}

/** `[[key, [[id, [field, value]], ...]], ...]`, or null when nothing came. */
export function readStreams(reply: unknown): StreamEntry[] {
  if (!Array.isArray(reply)) return [];
  return reply.flatMap((stream: unknown) => {
    if (!Array.isArray(stream) || typeof stream[0] !== "string") return [];
    return readEntries(stream[0], stream[1]);
  });
}

/** `[[id, [field, value]], ...]`. */
export function readEntries(key: string, entries: unknown): StreamEntry[] {
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => {
    if (!Array.isArray(entry) || typeof entry[0] !== "string") return [];
    const fields: unknown = entry[1];
    const value: unknown = Array.isArray(fields) ? fields[1] : undefined;
    return [{ key, id: entry[0], value: typeof value === "string" ? value : undefined }];
  });
}
