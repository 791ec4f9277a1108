/** The tabs of an account's page, in their order. Each is fetched when it is first opened. */

import type { Account } from "@tera/admin-api/accounts";
import type { Permission } from "@tera/admin-api/roles";
import { type ComponentType, lazy } from "react";

export interface AccountTab {
  /** In the URL. */
  value: string;
  title: string;
  permission: Permission;
  component: ComponentType<{ account: Account }>;
}

export const accountTabs: readonly AccountTab[] = [
  {
    value: "overview",
    title: "Overview",
    permission: "accounts:read",
    component: lazy(() => import("./overview-tab.tsx").then((file) => ({ default: file.OverviewTab }))),
  },
  {
    value: "keys",
    title: "Keys",
    permission: "keys:read",
    component: lazy(() => import("./keys-tab.tsx").then((file) => ({ default: file.KeysTab }))),
  },
  {
    value: "usage",
    title: "Usage",
    permission: "usage:read",
    component: lazy(() => import("./usage-tab.tsx").then((file) => ({ default: file.UsageTab }))),
  },
  {
    value: "billing",
    title: "Billing",
    permission: "billing:read",
    component: lazy(() => import("./billing-tab.tsx").then((file) => ({ default: file.BillingTab }))),
  },
];
