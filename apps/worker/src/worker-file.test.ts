import { describe, expect, it } from "vitest";
import { usualPorts } from "./runners/discovery/usual-ports.ts";
import { parseWorkerFile, readWorkerFile } from "./worker-file.ts";

describe("the worker's file", () => {
  it("fills in ids, names and slots, and makes paths absolute", () => {
    const text = [
      "runners:",
      "  - kind: http",
      "    url: http://127.0.0.1:8000",
      "  - kind: llama",
      "    model: ./m/tiny.gguf",
      "  - kind: llama",
      "    model: hf:owner/repo:Q4_K_M",
    ].join("\n");
    expect(parseWorkerFile(text, "/etc/tera/w.yaml").runners).toMatchObject([
      { kind: "http", id: "http-1" },
      { kind: "llama", id: "llama-1", model: "/etc/tera/m/tiny.gguf", name: "tiny", slots: 4 },
      { kind: "llama", id: "llama-2", model: "hf:owner/repo:Q4_K_M", name: "owner/repo" },
    ]);
  });

  it.each([
    ["a wrong value", "runners:\n  - kind: http\n    url: not-a-url\n", "w.yaml:3: runners.0.url: must be an http"],
    ["a missing value", "runners:\n  - kind: http\n", "w.yaml:2: runners.0.url:"],
    [
      "an unknown name",
      "runners:\n  - kind: http\n    url: http://h\n    slot: 3\n",
      "w.yaml:4: runners.0.slot: Unrecognized key",
    ],
    ["an unknown kind", "runners:\n  - kind: gpu\n", "w.yaml:2: runners.0.kind: kind must be http or llama"],
    ["a port that is none", "runners: []\ndiscover: [80000]\n", "w.yaml:2: discover.0: Too big"],
    ["broken YAML", "runners:\n  - kind: [\n", "w.yaml:3:"],
    [
      "one id for two",
      "runners:\n  - {kind: http, url: 'http://h', id: a}\n  - {kind: http, url: 'http://h', id: a}\n",
      "two runners have the id a",
    ],
  ])("names the line of %s", (_name, text, message) => {
    expect(() => parseWorkerFile(text, "w.yaml")).toThrow(message);
  });

  it.each([
    ["", usualPorts],
    ["runners: []", usualPorts],
    ["runners: [{kind: http, url: 'http://h'}]", []],
    ["runners: [{kind: http, url: 'http://h'}]\ndiscover: true", usualPorts],
    ["discover: false", []],
    ["discover: [8001, 8002]", [8001, 8002]],
  ])("watches local ports when it names no runner, or as it says: %j", (text, ports) => {
    expect(parseWorkerFile(text, "w.yaml").discoverPorts).toEqual(ports);
  });

  it("need not be there unless somebody named it", () => {
    expect(readWorkerFile(undefined)).toEqual({ runners: [], discoverPorts: usualPorts });
  });

  it("says which setting names a file that cannot be read", () => {
    expect(() => readWorkerFile("/nowhere/w.yaml")).toThrow(/ENOENT.*TERA_WORKER_CONFIG/);
  });
});
