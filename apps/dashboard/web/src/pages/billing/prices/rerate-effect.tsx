/** What a re-rating would change: in all, and for each account. */
import { Card, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import type { Rerating } from "@tera/admin-api/prices";
import { formatCount } from "../../../format/quantity.ts";
import { Usd } from "../../../format/usd.tsx";
import { Fact } from "../../../shell/fact.tsx";

export function RerateEffect({ result }: { result: NonNullable<Rerating["result"]> }) {
  const { requests, changed, unpriced, old, new: next, difference, accounts, accountsChanged } = result;
  return (
    <Card withBorder padding="lg">
      <Stack gap="sm">
        <Title order={2} size="h4">
          2. What would change
        </Title>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
          <Fact label="Requests" about={`${formatCount(changed)} of them change`}>
            {formatCount(requests)}
          </Fact>
          <Fact label="Charged now">
            <Usd amount={old} />
          </Fact>
          <Fact label="Should be">
            <Usd amount={next} />
          </Fact>
          <Fact label="Difference" about={accountsChanged === 1 ? "for 1 account" : `for ${accountsChanged} accounts`}>
            <Usd amount={difference} signed />
          </Fact>
        </SimpleGrid>
        {unpriced > 0 && (
          <Text size="sm" c="dimmed">
            {formatCount(unpriced)} requests stay as they are: the price book has no price for their moment.
          </Text>
        )}
        {changed === 0 ? (
          <Text size="sm">{requests === 0 ? "Nobody used the model then." : "No charge changes."}</Text>
        ) : (
          <Table.ScrollContainer minWidth={600} maxHeight={420}>
            <Table withTableBorder verticalSpacing={6} stickyHeader>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Account</Table.Th>
                  <Table.Th ta="right">Requests</Table.Th>
                  <Table.Th ta="right">Changed</Table.Th>
                  <Table.Th ta="right">Now</Table.Th>
                  <Table.Th ta="right">Should be</Table.Th>
                  <Table.Th ta="right">Difference</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {accounts.map((account) => (
                  <Table.Tr key={account.accountId}>
                    <Table.Td>
                      <Text size="sm">{account.name}</Text>
                      <Text size="xs" c="dimmed" className="mono">
                        {account.accountId}
                      </Text>
                    </Table.Td>
                    <Table.Td ta="right">{formatCount(account.requests)}</Table.Td>
                    <Table.Td ta="right">{formatCount(account.changed)}</Table.Td>
                    <Table.Td ta="right">
                      <Usd amount={account.old} />
                    </Table.Td>
                    <Table.Td ta="right">
                      <Usd amount={account.new} />
                    </Table.Td>
                    <Table.Td ta="right">
                      <Usd amount={account.difference} signed />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
        {accountsChanged > accounts.length && (
          <Text size="xs" c="dimmed">
            The {accounts.length} accounts that change most are shown.
          </Text>
        )}
      </Stack>
    </Card>
  );
}
