/** How the cost of a request came about: each quantity times its price, and what was corrected since. */
import { Alert, Stack, Table, Text } from "@mantine/core";
import type { PricedUsage, RequestDetails } from "@tera/admin-api/requests";
import { Moment } from "../../format/moment.tsx";
import { formatCount } from "../../format/quantity.ts";
import { Usd } from "../../format/usd.tsx";

const measureWords: Record<PricedUsage["lines"][number]["measure"], string> = {
  input: "Input tokens",
  cached_input: "Cached input tokens",
  output: "Output tokens",
  request: "Request",
  character: "Characters of speech",
};

export interface RequestCostProps {
  /** With corrections. */
  cost: string;
  billing: NonNullable<RequestDetails["billing"]>;
}

export function RequestCost({ cost, billing: { charge, nothingBecause, priced, corrections } }: RequestCostProps) {
  return (
    <Stack gap="md">
      {nothingBecause !== null && <Text size="sm">Nothing was charged. {nothingBecause}</Text>}
      {priced !== null && <Priced priced={priced} label="Charge" />}
      {priced !== null && priced.amount !== charge && (
        <Alert color="red" title="This is not what was charged">
          It was charged <Usd amount={charge} />. The check of the ledger says more.
        </Alert>
      )}
      {corrections.map((correction) => (
        <Stack key={correction.at} gap="xs">
          <Text size="sm">
            Corrected by <Usd amount={correction.amount} /> on <Moment at={correction.at} />
            {correction.author !== null && ` by ${correction.author}`}: {correction.reason}
          </Text>
          <Priced priced={correction.priced} label="Charge as corrected" />
        </Stack>
      ))}
      {corrections.length > 0 && (
        <Text size="sm" fw={600}>
          In all it costs <Usd amount={cost} />.
        </Text>
      )}
    </Stack>
  );
}

function Priced({ priced, label }: { priced: PricedUsage; label: string }) {
  const { priceId, revision, validFrom, lines, discount, amount } = priced;
  return (
    <>
      <Table.ScrollContainer minWidth={420}>
        <Table verticalSpacing={6} aria-label="Lines of the cost">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>What</Table.Th>
              <Table.Th ta="right">Quantity</Table.Th>
              <Table.Th ta="right">For one</Table.Th>
              <Table.Th ta="right">Amount</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.map(({ measure, quantity, unit, amount: lineAmount }) => (
              <Table.Tr key={measure}>
                <Table.Td>{measureWords[measure]}</Table.Td>
                <Table.Td ta="right">{formatCount(Number(quantity))}</Table.Td>
                <Table.Td ta="right">
                  <Usd amount={unit} />
                </Table.Td>
                <Table.Td ta="right">
                  <Usd amount={lineAmount} />
                </Table.Td>
              </Table.Tr>
            ))}
            {discount !== "0" && (
              <Table.Tr>
                <Table.Td colSpan={3}>Batch discount</Table.Td>
                <Table.Td ta="right">
                  <Usd amount={discount} />
                </Table.Td>
              </Table.Tr>
            )}
          </Table.Tbody>
          <Table.Tfoot>
            <Table.Tr>
              <Table.Th colSpan={3}>{label}</Table.Th>
              <Table.Th ta="right">
                <Usd amount={amount} />
              </Table.Th>
            </Table.Tr>
          </Table.Tfoot>
        </Table>
      </Table.ScrollContainer>
      <Text size="xs" c="dimmed">
        By price <span className="mono">{priceId}</span>
        {revision > 1 && `, revision ${revision}`}, in force from <Moment at={validFrom} />, when the request was
        admitted.
      </Text>
    </>
  );
}
