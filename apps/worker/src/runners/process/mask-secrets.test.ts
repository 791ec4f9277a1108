import { expect, test } from "vitest";
import { createSecretMask, secretsOf } from "./mask-secrets.ts";

const mask = createSecretMask([]);

test.each([
  [
    "non-default args: {'api_key': ['topsecretkey'], 'port': 8000}",
    "non-default args: {'api_key': ['[masked]'], 'port': 8000}",
  ],
  ["Namespace(api_key='topsecretkey', model='org/m')", "Namespace(api_key='[masked]', model='org/m')"],
  ['{"hf_token": "abcdefghij"}', '{"hf_token": "[masked]"}'],
  ["vllm serve m --api-key topsecretkey --port 1", "vllm serve m --api-key [masked] --port 1"],
  ["VLLM_API_KEY=topsecretkey vllm", "VLLM_API_KEY=[masked] vllm"],
  ["Authorization: Bearer abcdefgh.ijkl", "Authorization: Bearer [masked]"],
  ["downloading with hf_abcdefghijklmnop", "downloading with [masked]"],
  ["sk-tera-0123456789abcdef was refused", "[masked] was refused"],
  ["http://me:password@proxy:3128/x", "http://me:[masked]@proxy:3128/x"],
])("%s", (line, masked) => {
  expect(mask(line)).toBe(masked);
});

test.each([
  "Avg prompt throughput: 3412.7 tokens/s, Running: 3 reqs, GPU KV cache usage: 14.1%",
  "max_num_batched_tokens=8192, max_tokens: 100000000",
  "Loading tokenizer from org/model-with-a-long-name",
  "the tokenizer has 151936 tokens and padding",
  "token generation takes long",
  "Token indices sequence length is longer than the maximum",
])("an ordinary line stays as it is: %s", (line) => {
  expect(mask(line)).toBe(line);
});

test("what the runner was given as a secret is masked wherever it stands, and short values are not taken for one", () => {
  const environment = { HF_TOKEN: "plain-value", MY_SECRET: "short", PATH: "/usr/local/bin" };
  const known = createSecretMask([...secretsOf(environment), undefined]);
  expect(known("a plain-value in short /usr/local/bin")).toBe("a [masked] in short /usr/local/bin");
});
