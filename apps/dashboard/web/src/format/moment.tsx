/** A moment in the viewer's zone, with UTC on hover and for screen readers' machines. */
import { Text, Tooltip } from "@mantine/core";

/** How closely: its day where there is little room, to the second where events are told apart. */
const forms = {
  day: new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }),
  minute: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }),
  second: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }),
};

export interface MomentProps {
  at: string | null;
  never?: string;
  to?: keyof typeof forms;
}

export function Moment({ at, never = "never", to = "minute" }: MomentProps) {
  if (at === null)
    return (
      <Text span c="dimmed" inherit>
        {never}
      </Text>
    );
  const utc = at.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
  return (
    <Tooltip label={utc}>
      <time dateTime={at}>{forms[to].format(new Date(at))}</time>
    </Tooltip>
  );
}
