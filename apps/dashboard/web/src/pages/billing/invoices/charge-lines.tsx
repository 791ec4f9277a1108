/** What was charged: one group for each model and key, one row for each measure. */
import { Table, Text } from "@mantine/core";
import type { ChargeLine } from "@tera/admin-api/invoices";
import { Fragment } from "react";
import { Usd } from "../../../format/usd.tsx";

const measureNames = {
  input: "Input tokens",
  cached_input: "Cached input tokens",
  output: "Output tokens",
  request: "Requests",
  character: "Characters of speech",
} as const;

export function ChargeLines({ lines, hasMore }: { lines: readonly ChargeLine[]; hasMore: boolean }) {
  const groups = Map.groupBy(lines, ({ model, keyId, lane }) =>
    model === null ? "" : JSON.stringify([model, keyId, lane]),
  );
  return (
    <div>
      <Table.ScrollContainer minWidth={560}>
        <Table withTableBorder verticalSpacing={6} aria-label="Lines">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>What</Table.Th>
              <Table.Th ta="right">Quantity</Table.Th>
              <Table.Th ta="right">Price</Table.Th>
              <Table.Th ta="right">Amount</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {[...groups].map(([group, own]) => (
              <Fragment key={group}>
                <GroupHead line={own[0]} isOnly={groups.size === 1} />
                {own.map((line, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a line has no id, and what was charged does not change places.
                  <Line key={index} line={line} />
                ))}
              </Fragment>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {hasMore && (
        <Text size="xs" c="dimmed" mt="xs">
          Only the first lines are shown: the CSV file has them all.
        </Text>
      )}
    </div>
  );
}

function GroupHead({ line, isOnly }: { line: ChargeLine | undefined; isOnly: boolean }) {
  if (line === undefined || (line.model === null && isOnly)) return null;
  const { model, keyName, keyId, lane } = line;
  return (
    <Table.Tr bg="var(--mantine-color-default-hover)">
      <Table.Td colSpan={4}>
        <Text size="sm" fw={600} span>
          {model ?? "Other"}
          {lane === "batch" && " (batch)"}
        </Text>
        {model !== null && (
          <Text size="xs" c="dimmed" span>
            {"  "}key {keyName ?? keyId ?? "unknown"}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Line({ line: { kind, measure, quantity, price, description, amount } }: { line: ChargeLine }) {
  return (
    <Table.Tr>
      <Table.Td>{measure === null ? (description ?? kind.replace("_", "-")) : measureNames[measure]}</Table.Td>
      <Table.Td ta="right" className="mono">
        {quantity?.replaceAll(/\B(?=(\d{3})+$)/g, ",")}
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
        {price !== null && (
          <>
            <Usd amount={price} />
            {measure !== "request" && (
              <Text span size="xs" c="dimmed">
                {" "}
                / M
              </Text>
            )}
          </>
        )}
      </Table.Td>
      <Table.Td ta="right">
        <Usd amount={amount} />
      </Table.Td>
    </Table.Tr>
  );
}
