/** How many requests were refused in all, and why: the list has only the first few of each kind. */
import { Anchor, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { refusalSumsQuery } from "../../api/requests.ts";
import { formatCount } from "../../format/quantity.ts";
import { Notice } from "../../shell/notice.tsx";

export interface RefusalSumsProps {
  filters: { accountId?: string | undefined; keyId?: string | undefined; from?: string; to?: string };
  onCode(code: string): void;
}

export function RefusalSums({ filters, onCode }: RefusalSumsProps) {
  const { data } = useQuery(refusalSumsQuery(filters));
  if (data === undefined || data.total === 0) return null;
  return (
    <Notice color="orange" title={`${formatCount(data.total)} requests were refused in this period`}>
      <Stack gap="xs">
        <Group gap="xs" style={{ columnGap: 20 }}>
          {data.items.map(({ code, why, requests }) => (
            <Text key={code} size="sm" title={why}>
              <b>{formatCount(requests)}</b>{" "}
              <Anchor component="button" type="button" className="mono" onClick={() => onCode(code)}>
                {code}
              </Anchor>
            </Text>
          ))}
        </Group>
        <Text size="xs" c="dimmed">
          Of each key, code and minute the first few are listed below, all are counted, and both are kept for seven
          days. Requests without a known key are only counted. Models are not counted apart.
        </Text>
      </Stack>
    </Notice>
  );
}
