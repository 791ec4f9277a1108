/** A moment as its distance from now: `3 hours ago`, `in 12 days`; exactly on hover. */
import { Text, Tooltip } from "@mantine/core";
import { formatAgo } from "./distance.ts";

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function Ago({ at, never = "never" }: { at: string | null; never?: string }) {
  if (at === null) {
    return (
      <Text span c="dimmed" inherit>
        {never}
      </Text>
    );
  }
  const utc = at.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
  return (
    <Tooltip label={`${local.format(new Date(at))} · ${utc}`}>
      <time dateTime={at}>{formatAgo(at, Date.now())}</time>
    </Tooltip>
  );
}
