import { expect, test } from "vitest";
import { parseNvidiaSmi } from "./nvidia-smi.ts";

test("a GPU per line, with its figures as numbers", () => {
  const csv = "0, NVIDIA H200, 71234, 143771, 98, 512.34, 61\n1, NVIDIA H200, 1, 143771, 0, 75.10, 30\n";
  expect(parseNvidiaSmi(csv)).toEqual([
    {
      index: 0,
      name: "NVIDIA H200",
      memoryUsedMiB: 71_234,
      memoryTotalMiB: 143_771,
      utilizationPercent: 98,
      powerW: 512.34,
      temperatureC: 61,
    },
    expect.objectContaining({ index: 1, powerW: 75.1, temperatureC: 30 }),
  ]);
});

test("what the driver does not know is absent, and the rest is kept", () => {
  const csv = "0, NVIDIA GB10, [N/A], [Not Supported], 7, [Unknown Error], ERR!\n";
  expect(parseNvidiaSmi(csv)).toEqual([{ index: 0, name: "NVIDIA GB10", utilizationPercent: 7 }]);
});

test("a name may hold a comma", () => {
  expect(parseNvidiaSmi("3, Odd, Name, 1, 2, 3, 4, 5")).toMatchObject([
    { index: 3, name: "Odd, Name", temperatureC: 5 },
  ]);
});

test.each([
  "",
  "\n\n",
  "No devices were found\n",
  "Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.  Reboot the system to recover this GPU\n",
  "<html>",
  ", , , , , , ",
])("what is no figure gives no GPU: %j", (text) => {
  expect(parseNvidiaSmi(text)).toEqual([]);
});
