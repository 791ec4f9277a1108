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

  it("knows a server to start: its words, its directory, its times in milliseconds", () => {
    const text = [
      "runners:",
      "  - kind: process",
      "    command: vllm serve 'org/my model' --port {port}",
      "    env: {OMP_NUM_THREADS: 8, TOKEN: abc}",
      "    gpus: [0, 1]",
      "  - kind: process",
      "    command: [./serve.sh, a b]",
      "    workingDirectory: models",
      "    port: 8000",
      "    startTimeoutSeconds: 60",
      "    stopTimeoutSeconds: 5",
    ].join("\n");
    expect(parseWorkerFile(text, "/etc/tera/w.yaml").runners).toEqual([
      {
        kind: "process",
        id: "process-1",
        command: ["vllm", "serve", "org/my model", "--port", "{port}"],
        env: { OMP_NUM_THREADS: "8", TOKEN: "abc" },
        gpus: [0, 1],
        workingDirectory: "/etc/tera",
        startTimeoutMs: 1_800_000,
        stopTimeoutMs: 10_000,
      },
      {
        kind: "process",
        id: "process-2",
        command: ["./serve.sh", "a b"],
        env: {},
        workingDirectory: "/etc/tera/models",
        port: 8_000,
        startTimeoutMs: 60_000,
        stopTimeoutMs: 5_000,
      },
    ]);
  });

  it.each([
    ["command: vllm serve m | tee log", "3: runners.0.command: no shell reads the command"],
    ["command: vllm serve m --port 8000", "3: runners.0.command: says port 8000"],
    ["command: ''", "3: runners.0.command: must name a program"],
    ["command: 5", "3: runners.0.command: must be a line or a list of words"],
    ["gpus: [all]", "3: runners.0.gpus.0: must be numbers as nvidia-smi counts"],
    ["gpus: [1, 1]", "3: runners.0.gpus: names one twice"],
    ["env: {'MY VAR': x}", "3: runners.0.env.MY VAR: must be a name of an environment variable"],
    ["port: 70000", "3: runners.0.port: "],
  ])("names the line of what is wrong with a server to start: %s", (line, message) => {
    const command = line.startsWith("command") ? "" : "    command: serve\n";
    const text = `runners:\n  - kind: process\n    ${line}\n${command}`;
    expect(() => parseWorkerFile(text, "w.yaml")).toThrow(`w.yaml:${message}`);
  });

  it("refuses one port for two servers", () => {
    const server = "  - {kind: process, command: serve, port: 8000}\n";
    expect(() => parseWorkerFile(`runners:\n${server}${server}`, "w.yaml")).toThrow(
      "w.yaml:3: runners.1.port: is another process runner's port too",
    );
  });

  it.each([
    ["a wrong value", "runners:\n  - kind: http\n    url: not-a-url\n", "w.yaml:3: runners.0.url: must be an http"],
    [
      "a user and a password, without repeating them",
      "runners:\n  - kind: http\n    url: http://joe:secret@h/v1\n",
      /^w.yaml:3: runners.0.url: must have no user or password, which are not sent: a server's key is apiKey in the worker's file$/,
    ],
    [
      "a query",
      "runners:\n  - kind: http\n    url: http://h/v1?version=2\n",
      "w.yaml:3: runners.0.url: must end with its path: what follows ? or # is not sent",
    ],
    ["a missing value", "runners:\n  - kind: llama\n", "w.yaml:2: runners.0.model: is missing"],
    [
      "an unknown name over a block",
      "runner:\n  - kind: http\n",
      "w.yaml:1: runner: unknown setting; there are runners, discover",
    ],
    [
      "two unknown names",
      "runners:\n  - kind: llama\n    model: m\n    a: 1\n    b: 2\n",
      /^w.yaml:4: .*\nw.yaml:5: runners.0.b: unknown/,
    ],
    [
      "a list where names belong",
      "runners:\n  - kind: http\n    url: http://h\n    models: [a]\n",
      "w.yaml:4: runners.0.models: must be a mapping (name: value)",
    ],
    [
      "a word where a number belongs",
      "runners:\n  - kind: http\n    url: http://h\n    slots: lots\n",
      "w.yaml:4: runners.0.slots: must be a number",
    ],
    ["a file that is a list", "- a\n", "w.yaml:1: must be a mapping (name: value)"],
    [
      "an unknown name",
      "runners:\n  - kind: http\n    url: http://h\n    slot: 3\n",
      "w.yaml:4: runners.0.slot: unknown setting; there are kind, url, id,",
    ],
    ["an unknown kind", "runners:\n  - kind: gpu\n", "w.yaml:2: runners.0.kind: kind must be http, process or llama"],
    ["a port that is none", "runners: []\ndiscover: [80000]\n", "w.yaml:2: discover.0: must be at most 65535"],
    ["broken YAML", "runners:\n  - kind: [\n", "w.yaml:3:"],
    [
      "one id for two",
      "runners:\n  - {kind: http, url: 'http://h', id: a}\n  - {kind: http, url: 'http://h', id: a}\n",
      "w.yaml:3: runners.1.id: another runner has the id a already",
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
