/** A call of the public API as a person would write it. */

export interface Call {
  /** `https://api.example.com/v1` */
  apiUrl: string;
  path: "/chat/completions" | "/audio/speech";
  body: object;
}

const keyName = "TERA_API_KEY";

export function toCurl({ apiUrl, path, body }: Call): string {
  const lines = [
    `curl ${apiUrl}${path}`,
    `-H "Authorization: Bearer $${keyName}"`,
    `-H "Content-Type: application/json"`,
    ...(path === "/audio/speech" ? ["--output speech.wav"] : []),
    `-d ${quoteForShell(JSON.stringify(body, null, 2))}`,
  ];
  return lines.join(" \\\n  ");
}

export function toPython({ apiUrl, path, body }: Call): string {
  const call = path === "/chat/completions" ? "client.chat.completions.create" : "client.audio.speech.create";
  const use =
    path === "/chat/completions" ? "print(answer.choices[0].message.content)" : 'answer.write_to_file("speech.wav")';
  return [
    "import os",
    "from openai import OpenAI  # pip install openai",
    "",
    `client = OpenAI(base_url=${JSON.stringify(apiUrl)}, api_key=os.environ["${keyName}"])`,
    `answer = ${call}(`,
    ...Object.entries(body).map(([name, value]) => `    ${name}=${toPythonValue(value)},`),
    ")",
    use,
    "",
  ].join("\n");
}

export function toNode({ apiUrl, path, body }: Call): string {
  const call = path === "/chat/completions" ? "client.chat.completions.create" : "client.audio.speech.create";
  const use =
    path === "/chat/completions"
      ? "console.log(answer.choices[0].message.content);"
      : 'await writeFile("speech.wav", Buffer.from(await answer.arrayBuffer()));';
  return [
    ...(path === "/audio/speech" ? ['import { writeFile } from "node:fs/promises";'] : []),
    'import OpenAI from "openai"; // npm install openai',
    "",
    `const client = new OpenAI({ baseURL: ${JSON.stringify(apiUrl)}, apiKey: process.env.${keyName} });`,
    `const answer = await ${call}(${JSON.stringify(body, null, 2)});`,
    use,
    "",
  ].join("\n");
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** JSON's texts and numbers are Python's too; its words are not. */
function toPythonValue(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null || value === undefined) return "None";
  if (Array.isArray(value)) return `[${value.map(toPythonValue).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, field]) => `${JSON.stringify(name)}: ${toPythonValue(field)}`)
    .join(", ")}}`;
}
