/** Where an engine is, as an operator says it: an origin and perhaps a path. */

/**
 * @param url that can be parsed
 * @returns what is wrong, to be said after the name of the setting; never with anything of the URL itself, which may hold a password. Undefined: nothing. What a URL says beside origin
 * and path is not sent, and who relied on it would not hear of that.
 */
export function engineUrlProblem(url: string): string | undefined {
  const { username, password, search, hash } = new URL(url);
  if (username !== "" || password !== "")
    return "must have no user or password, which are not sent: a server's key is apiKey in the worker's file";
  if (search !== "" || hash !== "") return "must end with its path: what follows ? or # is not sent";
  return undefined;
}
