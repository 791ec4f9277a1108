/** JSON from Redis, where anything can lie: what is no JSON is undefined, for the schema behind it to refuse. */
export function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
}
