/**
 * Keys and passwords in what an engine writes: vLLM prints its arguments when it starts, with the key that it was given. Its lines are shown to
 * operators in a browser, so these are masked before they are kept.
 */

const mask = "[masked]";
/** Shorter values, such as `1` or `true`, are also ordinary words. */
const secretLengthMin = 8;
/** How names of settings and variables end whose values nobody else should read. */
const secretName = "(?:api[_-]?key|token|secret|password|passwd|credential)s?";
const secretVariable = new RegExp(`${secretName}$`, "i");
/** Not a number: `tokens: 100000` is a count. */
const secretValue = String.raw`(?![\d.]+\b)[^\s"',;\])}]{${secretLengthMin},}`;

const patterns: readonly [RegExp, string][] = [
  // Each says by its beginning what it is.
  [/\b(?:hf_|sk-|ghp_|github_pat_|glpat-|xox[abp]-|AKIA)[\w-]{12,}/g, mask],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${mask}`],
  // user:password@host
  [/(\/\/[^\s/:@]{0,100}:)[^\s/@]+@/g, `$1${mask}@`],
  // api_key='...', "token": "...", 'api_key': ['...']
  [new RegExp(String.raw`(${secretName}["']?\s?[:=]\s?(?:\[\s?)?["']?)${secretValue}`, "gi"), `$1${mask}`],
  [new RegExp(String.raw`(--[\w-]{0,40}${secretName}\s)${secretValue}`, "gi"), `$1${mask}`],
];

/** @param known values that are masked wherever they stand. */
export function createSecretMask(known: readonly (string | undefined)[]): (text: string) => string {
  const values = known.filter((value) => value !== undefined && value.length >= secretLengthMin) as string[];
  return (text) => {
    const without = values.reduce((masked, value) => masked.replaceAll(value, mask), text);
    return patterns.reduce((masked, [pattern, instead]) => masked.replace(pattern, instead), without);
  };
}

/** The values of the variables that are named like secrets. */
export function secretsOf(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && secretVariable.test(name) ? [value] : [],
  );
}
