import { hostname } from "node:os";
import { expect, it } from "vitest";
import { localPortOf } from "./local-port.ts";

it.each(["127.0.0.1:8000", "127.0.1.1:8000", "localhost:8000", "[::1]:8000", "0.0.0.0:8000", `${hostname()}:8000`])(
  "%s is here",
  (address) => {
    expect(localPortOf(address)).toBe(8_000);
  },
);

it.each(["10.0.0.7:8000", "gpu-1.example.com:8000", "127.example.com:8000", "", "not an address"])(
  "%j is not",
  (address) => {
    expect(localPortOf(address)).toBeUndefined();
  },
);
