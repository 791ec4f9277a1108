/** The billing of one account: what there is, how it came to that, its invoices and statements, and ways to pay. */
import { Alert, Button, Group, Stack, Tabs } from "@mantine/core";
import { IconAlertTriangle, IconCreditCard, IconTransfer } from "@tabler/icons-react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { accountMoneyQuery, billingSettingsQuery } from "../../../api/billing.ts";
import { useMay, useSession } from "../../../api/session.ts";
import { formatAmount } from "../../../format/usd.tsx";
import { AccountInvoices } from "./account-invoices.tsx";
import { AutoTopUpCard } from "./auto-top-up-card.tsx";
import { BalanceTiles } from "./balance-tiles.tsx";
import { BuyerCard } from "./buyer-card.tsx";
import { CheckoutForm } from "./checkout-form.tsx";
import { CreditForm } from "./credit-form.tsx";
import { LedgerTable } from "./ledger-table.tsx";
import { StatementCard } from "./statement-card.tsx";

export function AccountBilling({ accountId }: { accountId: string }) {
  const { data: account } = useSuspenseQuery(accountMoneyQuery(accountId));
  const { data: settings } = useQuery(billingSettingsQuery);
  const isOperator = useSession().accounts === null;
  const mayMove = useMay("billing:write");
  const mayPay = useMay("billing:pay");
  const [open, setOpen] = useState<"credit" | "checkout">();
  const isPrepaid = account.kind === "prepaid";
  const hasStripe = settings?.stripe === true;
  return (
    <Stack gap="md">
      <BalanceTiles account={account} />
      {isPrepaid && settings?.stripe === false && mayPay && (
        <Alert variant="light" color="gray" title="Payments by card are not set up">
          {isOperator
            ? "Set TERA_DASHBOARD_STRIPE_KEY here, and TERA_GATEWAY_STRIPE_KEY with its webhook's secret on the gateways. Until then credit is moved by hand."
            : "Ask who runs this service to top up the account."}
        </Alert>
      )}
      {(mayMove || (isPrepaid && mayPay && hasStripe)) && (
        <Group gap="xs">
          {isPrepaid && mayPay && hasStripe && (
            <Button leftSection={<IconCreditCard size={16} />} onClick={() => setOpen("checkout")}>
              Add credit by card
            </Button>
          )}
          {mayMove && (
            <Button variant="default" leftSection={<IconTransfer size={16} />} onClick={() => setOpen("credit")}>
              Move credit
            </Button>
          )}
        </Group>
      )}
      {account.debt !== "0" && (
        <Alert
          variant="light"
          color="red"
          icon={<IconAlertTriangle />}
          title={`$${formatAmount(account.debt)} are owed`}
        >
          That much was taken back of a payment (a dispute, a refund) after it was used. What comes next pays it first.
        </Alert>
      )}
      {isPrepaid && <AutoTopUpCard accountId={accountId} hasStripe={hasStripe} mayPay={mayPay} />}
      <Tabs defaultValue="ledger" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="ledger">Ledger</Tabs.Tab>
          <Tabs.Tab value="invoices">Invoices</Tabs.Tab>
          <Tabs.Tab value="statements">Statements</Tabs.Tab>
          <Tabs.Tab value="buyer">Bill to</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="ledger">
          <LedgerTable accountId={accountId} />
        </Tabs.Panel>
        <Tabs.Panel value="invoices">
          <AccountInvoices account={account} />
        </Tabs.Panel>
        <Tabs.Panel value="statements">
          <StatementCard account={account} />
        </Tabs.Panel>
        <Tabs.Panel value="buyer">
          <BuyerCard accountId={accountId} accountName={account.name} />
        </Tabs.Panel>
      </Tabs>
      <CreditForm opened={open === "credit"} onClose={() => setOpen(undefined)} account={account} />
      <CheckoutForm opened={open === "checkout"} onClose={() => setOpen(undefined)} account={account} />
    </Stack>
  );
}
