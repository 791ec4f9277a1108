/** What an account has and owes. */
import { SimpleGrid, Text } from "@mantine/core";
import type { AccountMoney } from "@tera/admin-api/billing";
import { Usd } from "../../../format/usd.tsx";
import { Fact } from "../../../shell/fact.tsx";

export function BalanceTiles({ account }: { account: AccountMoney }) {
  const { kind, balance, leased, available, invoiced, overdue } = account;
  if (kind === "postpaid") {
    const isUsed = balance.startsWith("-");
    return (
      <SimpleGrid cols={{ base: 2, xs: 3 }}>
        <Fact
          label={isUsed ? "Used, not invoiced yet" : "Credit"}
          about={isUsed ? "on the next monthly invoice" : "pays the next invoice first"}
        >
          <Usd amount={balance.replace("-", "")} />
        </Fact>
        <Fact label="Open invoices" about="to be paid">
          <Usd amount={invoiced} />
        </Fact>
        <Fact label="Overdue" about={overdue === "0" ? "nothing" : "of the open invoices"}>
          <Text span inherit {...(overdue === "0" ? {} : { c: "red" })}>
            <Usd amount={overdue} />
          </Text>
        </Fact>
      </SimpleGrid>
    );
  }
  return (
    <SimpleGrid cols={{ base: 2, xs: 3 }}>
      <Fact label="Available" about="requests are stopped at zero">
        <Usd amount={available} />
      </Fact>
      <Fact label="Held" about="by gateways, for requests that run">
        <Usd amount={leased} />
      </Fact>
      <Fact label="Balance" about="available and held">
        <Usd amount={balance} />
      </Fact>
    </SimpleGrid>
  );
}
