/** The frame of billing: its parts as tabs, each a page of its own. */
import { Tabs } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useSession } from "../../api/session.ts";
import { Page } from "../../shell/page.tsx";

const parts = [
  { tab: "accounts", to: "/billing", title: "Accounts", isOperators: false },
  { tab: "invoices", to: "/billing/invoices", title: "Invoices", isOperators: false },
  { tab: "prices", to: "/billing/prices", title: "Price book", isOperators: true },
  { tab: "check", to: "/billing/check", title: "Ledger check", isOperators: true },
  { tab: "seller", to: "/billing/seller", title: "Seller", isOperators: true },
] as const;

export interface BillingFrameProps {
  tab: (typeof parts)[number]["tab"];
  actions?: ReactNode;
  children: ReactNode;
}

export function BillingFrame({ tab, actions, children }: BillingFrameProps) {
  const navigate = useNavigate();
  const isOperator = useSession().accounts === null;
  const shown = parts.filter(({ isOperators }) => isOperator || !isOperators);
  return (
    <Page title="Billing" about="Credit, invoices and prices. Every amount is exact." actions={actions}>
      <Tabs
        value={tab}
        onChange={(chosen) => {
          const part = parts.find((each) => each.tab === chosen);
          if (part !== undefined) void navigate({ to: part.to });
        }}
      >
        <Tabs.List mb="md">
          {shown.map((part) => (
            <Tabs.Tab key={part.tab} value={part.tab}>
              {part.title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab}>{children}</Tabs.Panel>
      </Tabs>
    </Page>
  );
}
