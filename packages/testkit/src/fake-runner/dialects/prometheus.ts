/** `GET /metrics` in Prometheus' text format. */
import type { Page } from "./dialect.ts";

export type Sample = readonly [name: string, type: "counter" | "gauge", value: number];

export interface PageStyle {
  /** How a number is written: Python and C++ do not agree. */
  number?: (value: number) => string;
  headers?: Readonly<Record<string, string>>;
}

export function prometheusPage(samples: readonly Sample[], { number = String, headers = {} }: PageStyle = {}): Page {
  const lines = samples.flatMap(([name, type, value]) => [
    `# TYPE ${name.split("{")[0]} ${type}`,
    `${name} ${number(value)}`,
  ]);
  return {
    status: 200,
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8", ...headers },
    body: `${lines.join("\n")}\n`,
  };
}

/** prometheus_client writes floats as Python's `repr` does (its utils.py, floatToGoString). */
export function pythonNumber(value: number): string {
  const [whole = "0", fraction = "0"] = String(value).split(".");
  if (whole.length <= 6) return `${whole}.${fraction}`;
  const mantissa = `${whole[0]}.${whole.slice(1)}${fraction}`.replace(/[0.]+$/, "");
  return `${mantissa}e+${String(whole.length - 1).padStart(2, "0")}`;
}

/** A C++ stream writes six significant digits, `%g`. */
export function streamNumber(value: number): string {
  if (value < 1e6) return String(Number(value.toPrecision(6)));
  const [mantissa = "", exponent = ""] = value.toExponential(5).split("e+");
  return `${mantissa.replace(/\.?0+$/, "")}e+${exponent.padStart(2, "0")}`;
}
