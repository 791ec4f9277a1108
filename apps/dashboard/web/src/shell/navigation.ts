/** The pages of the dashboard, in the order of the menu: for the menu, for the command palette, and for who may see them. */
import {
  IconBox,
  IconChartBar,
  IconCpu,
  IconHistory,
  IconKey,
  IconLayoutDashboard,
  IconListDetails,
  IconMessages,
  IconReceipt2,
  IconSettings,
  IconStack2,
  IconStackPush,
  IconUserCircle,
  IconUsers,
} from "@tabler/icons-react";
import type { Permission } from "@tera/admin-api/roles";
import type { ComponentType } from "react";
import type { Session } from "../../../api/session.ts";

export interface NavigationEntry {
  path: string;
  title: string;
  about: string;
  icon: ComponentType<{ size?: number | string; stroke?: number | string }>;
  permission: Permission;
}

export const navigation: readonly NavigationEntry[] = [
  {
    path: "/",
    title: "Overview",
    about: "How it is now, and what needs attention",
    icon: IconLayoutDashboard,
    permission: "usage:read",
  },
  {
    path: "/playground",
    title: "Playground",
    about: "Try the models by hand",
    icon: IconMessages,
    permission: "playground:use",
  },
  {
    path: "/keys",
    title: "Keys",
    about: "What opens the API: limits, budgets, rotation",
    icon: IconKey,
    permission: "keys:read",
  },
  {
    path: "/usage",
    title: "Usage",
    about: "What was used and what it cost, over time and by model, key, account",
    icon: IconChartBar,
    permission: "usage:read",
  },
  {
    path: "/requests",
    title: "Requests",
    about: "Each request: how it ended, what it cost, and why",
    icon: IconListDetails,
    permission: "usage:read",
  },
  {
    path: "/batches",
    title: "Batches",
    about: "Files of requests at a discount: how far they are, their results",
    icon: IconStack2,
    permission: "batches:read",
  },
  {
    path: "/billing",
    title: "Billing",
    about: "Credit, ledger, invoices, the price book",
    icon: IconReceipt2,
    permission: "billing:read",
  },
  {
    path: "/models",
    title: "Models",
    about: "What can be asked for, and what it costs",
    icon: IconBox,
    permission: "models:read",
  },
  {
    path: "/runners",
    title: "Runners",
    about: "Engines and GPUs: health, load, drain, restart",
    icon: IconCpu,
    permission: "runners:read",
  },
  {
    path: "/queue",
    title: "Queue",
    about: "What waits and runs by itself: lines of batches, background work",
    icon: IconStackPush,
    permission: "runners:read",
  },
  {
    path: "/accounts",
    title: "Accounts",
    about: "Who is charged: balance, limits, members",
    icon: IconUsers,
    permission: "accounts:read",
  },
  {
    path: "/members",
    title: "Members",
    about: "People who sign in, invitations, admin tokens",
    icon: IconUserCircle,
    permission: "members:read",
  },
  {
    path: "/audit",
    title: "Audit log",
    about: "Who changed what, and from where",
    icon: IconHistory,
    permission: "audit:read",
  },
  {
    path: "/settings",
    title: "Settings",
    about: "The installation, background runs, notices",
    icon: IconSettings,
    permission: "settings:read",
  },
];

/** Pages that are in the menu as parts of others, and not for everybody who has those. */
const parts: readonly { path: string; permission?: Permission; isOperators?: true }[] = [
  { path: "/billing/prices", permission: "prices:read" },
  { path: "/billing/rerate", permission: "prices:write" },
  { path: "/billing/check", isOperators: true },
  { path: "/billing/seller", isOperators: true },
];

/** Whether somebody has the page: who has not finds nothing there, instead of a page on which everything fails. */
export function hasPage(path: string, { permissions, accounts }: Pick<Session, "permissions" | "accounts">): boolean {
  const isOn = (page: { path: string }) => path === page.path || path.startsWith(`${page.path}/`);
  return (
    navigation.every((page) => !isOn(page) || permissions.includes(page.permission)) &&
    parts.every(
      ({ permission, isOperators, ...page }) =>
        !isOn(page) ||
        ((permission === undefined || permissions.includes(permission)) && (isOperators !== true || accounts === null)),
    )
  );
}
