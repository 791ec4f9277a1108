/** A first batch, as a person would make it. */

export interface BatchSample {
  /** `https://api.example.com/v1` */
  apiUrl: string;
  model: string;
}

function toLine(model: string): string {
  return JSON.stringify({
    custom_id: "line-1",
    method: "POST",
    url: "/v1/chat/completions",
    body: { model, messages: [{ role: "user", content: "Say hello." }] },
  });
}

export function toBatchPython({ apiUrl, model }: BatchSample): string {
  return [
    "import os",
    "from openai import OpenAI  # pip install openai",
    "",
    "# lines.jsonl, one request in each line:",
    `# ${toLine(model)}`,
    "",
    `client = OpenAI(base_url=${JSON.stringify(apiUrl)}, api_key=os.environ["TERA_API_KEY"])`,
    'file = client.files.create(file=open("lines.jsonl", "rb"), purpose="batch")',
    "batch = client.batches.create(",
    "    input_file_id=file.id,",
    '    endpoint="/v1/chat/completions",',
    '    completion_window="24h",',
    ")",
    "print(batch.id)",
    "",
  ].join("\n");
}

export function toBatchCurl({ apiUrl, model }: BatchSample): string {
  const body = { input_file_id: "file-...", endpoint: "/v1/chat/completions", completion_window: "24h" };
  return [
    `echo '${toLine(model).replaceAll("'", "'\\''")}' > lines.jsonl`,
    "",
    `curl ${apiUrl}/files \\`,
    '  -H "Authorization: Bearer $TERA_API_KEY" \\',
    "  -F purpose=batch -F file=@lines.jsonl",
    "",
    "# with the id of the file that this answered:",
    `curl ${apiUrl}/batches \\`,
    '  -H "Authorization: Bearer $TERA_API_KEY" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '${JSON.stringify(body, null, 2)}'`,
    "",
  ].join("\n");
}
