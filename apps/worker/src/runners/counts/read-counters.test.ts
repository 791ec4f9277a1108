import { expect, it } from "vitest";
import { profileOf } from "../engines/detect.ts";
import type { EngineName } from "../engines/engine-names.ts";
import { readCounters } from "./read-counters.ts";

function read(engine: EngineName, text: string, startedAt?: string) {
  const { metrics } = profileOf(engine);
  if (metrics === undefined) throw new TypeError(`${engine} has no metrics`);
  return readCounters({ text, startedAt }, metrics);
}

it("adds up the engines and models of one server, and takes no other name for a counter", () => {
  const counters = read(
    "vllm",
    [
      "# HELP vllm:prompt_tokens_total Number of prefill tokens processed.",
      "process_start_time_seconds 1.76400000012e+09",
      'vllm:prompt_tokens_total{engine="0",model_name="a b{}"} 8.128902e+06',
      'vllm:prompt_tokens_total{engine="1",model_name="a"} 98.0',
      'vllm:prompt_tokens_created{engine="0",model_name="a"} 1.76400000012e+09',
      'vllm:prompt_tokens_by_source_total{engine="0",source="local_compute"} 7.0',
      'vllm:iteration_tokens_total_sum{engine="0"} 9.0',
      'vllm:generation_tokens_total{engine="0"} 1.2e+07',
    ].join("\n"),
  );
  expect(counters).toEqual({
    prompt: { value: 8_129_000, step: 0 },
    completion: { value: 12_000_000, step: 0 },
    startedAt: "1.76400000012e+09",
  });
});

it("knows how much llama.cpp hides of large numbers", () => {
  const counters = read(
    "llamacpp",
    "llamacpp:prompt_tokens_total 3.21457e+06\nllamacpp:tokens_predicted_total 999999\n",
    "17",
  );
  expect(counters).toEqual({
    prompt: { value: 3_214_570, step: 10 },
    completion: { value: 999_999, step: 0 },
    startedAt: "17",
  });
});

it("takes counters that SGLang does not show yet for 0, and another server's page for none", () => {
  expect(read("sglang", 'sglang:num_running_reqs{model_name="m"} 0.0\n')?.completion).toEqual({ value: 0, step: 0 });
  expect(read("sglang", "python_info 1.0\n")).toBeUndefined();
});
