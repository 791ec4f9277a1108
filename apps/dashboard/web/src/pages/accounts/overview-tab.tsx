/** An account at a glance: balance, kind, limits. */
import { SimpleGrid } from "@mantine/core";
import type { Account } from "@tera/admin-api/accounts";
import { Moment } from "../../format/moment.tsx";
import { formatCount } from "../../format/quantity.ts";
import { Usd } from "../../format/usd.tsx";
import { Fact } from "../../shell/fact.tsx";

export function OverviewTab({ account }: { account: Account }) {
  const orNone = (max: number | null) => (max === null ? "no limit" : formatCount(max));
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
      <Fact label="Balance">
        <Usd amount={account.balance} />
      </Fact>
      <Fact label="Kind">{account.kind}</Fact>
      <Fact label="Keys">{formatCount(account.keys)}</Fact>
      <Fact label="Created">
        <Moment at={account.createdAt} />
      </Fact>
      <Fact label="Requests per minute">{orNone(account.requestsPerMinuteMax)}</Fact>
      <Fact label="Tokens per minute">{orNone(account.tokensPerMinuteMax)}</Fact>
      <Fact label="Open requests at once">{orNone(account.concurrencyMax)}</Fact>
    </SimpleGrid>
  );
}
