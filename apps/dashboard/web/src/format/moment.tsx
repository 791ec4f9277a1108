/** A moment in the viewer's zone, with UTC on hover and for screen readers' machines. */
import { Text, Tooltip } from "@mantine/core";

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const localToTheSecond = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export interface MomentProps {
  at: string | null;
  never?: string;
  withSeconds?: boolean;
}

export function Moment({ at, never = "never", withSeconds = false }: MomentProps) {
  if (at === null)
    return (
      <Text span c="dimmed" inherit>
        {never}
      </Text>
    );
  const utc = at.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
  return (
    <Tooltip label={utc}>
      <time dateTime={at}>{(withSeconds ? localToTheSecond : local).format(new Date(at))}</time>
    </Tooltip>
  );
}
