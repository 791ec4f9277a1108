/** Paths and their pages. Each page is a file of its own, fetched when it is first opened. */
import { Center, Loader } from "@mantine/core";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { z } from "zod";
import { queryClient } from "./api/query-client.ts";
import { sessionQuery } from "./api/session.ts";
import { listSearch } from "./list/list-search.ts";
import { batchesSearch } from "./pages/batches/batches-search.ts";
import { keySearch } from "./pages/keys/key-search.ts";
import { requestsSearch } from "./pages/requests/requests-search.ts";
import { usageSearch } from "./pages/usage/usage-search.ts";
import { Failure } from "./shell/failure.tsx";
import { NotFound } from "./shell/not-found.tsx";
import { Shell } from "./shell/shell.tsx";
import { withStyles } from "./styles/with-styles.ts";

const root = createRootRoute({ component: Outlet, errorComponent: Failure, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: z.object({
    // A path of ours: `//elsewhere.example` would lead to another host.
    to: z
      .string()
      .startsWith("/")
      .refine((path) => URL.parse(path, window.location.origin)?.origin === window.location.origin)
      .optional()
      .catch(undefined),
    /** Why nobody was let in who comes back from the identity provider. */
    error: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(
    withStyles(() => import("./pages/sign-in/sign-in-page.tsx")),
    "SignInPage",
  ),
});

/** The token is in the fragment, which no server sees. */
const invite = createRoute({
  getParentRoute: () => root,
  path: "/invite",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/sign-in/invite-page.tsx")),
    "InvitePage",
  ),
});

/** Everything behind the sign-in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  async beforeLoad({ location }) {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (session === null) throw redirect({ to: "/sign-in", search: { to: location.href } });
  },
});

const overview = createRoute({
  getParentRoute: () => inside,
  path: "/",
  validateSearch: z.object({ account: z.string().optional().catch(undefined) }),
  component: lazyRouteComponent(() => import("./pages/overview/overview-page.tsx"), "OverviewPage"),
});

const accounts = createRoute({
  getParentRoute: () => inside,
  path: "/accounts",
  validateSearch: listSearch.extend({
    kind: z.enum(["prepaid", "postpaid"]).optional().catch(undefined),
    state: z.enum(["enabled", "disabled"]).optional().catch(undefined),
  }),
  component: lazyRouteComponent(
    withStyles(() => import("./pages/accounts/accounts-page.tsx")),
    "AccountsPage",
  ),
});

const account = createRoute({
  getParentRoute: () => inside,
  path: "/accounts/$accountId",
  validateSearch: keySearch.extend({ tab: z.string().optional().catch(undefined) }),
  component: lazyRouteComponent(
    withStyles(() => import("./pages/accounts/account-page.tsx")),
    "AccountPage",
  ),
});

const keys = createRoute({
  getParentRoute: () => inside,
  path: "/keys",
  validateSearch: keySearch,
  component: lazyRouteComponent(
    withStyles(() => import("./pages/keys/keys-page.tsx")),
    "KeysPage",
  ),
});

const key = createRoute({
  getParentRoute: () => inside,
  path: "/keys/$keyId",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/keys/key-page.tsx")),
    "KeyPage",
  ),
});

const playground = createRoute({
  getParentRoute: () => inside,
  path: "/playground",
  validateSearch: z.object({
    account: z.string().optional().catch(undefined),
    mode: z.enum(["chat", "speech"]).optional().catch(undefined),
  }),
  component: lazyRouteComponent(
    withStyles(() => import("./pages/playground/playground-page.tsx")),
    "PlaygroundPage",
  ),
});

const models = createRoute({
  getParentRoute: () => inside,
  path: "/models",
  validateSearch: listSearch.extend({
    state: z.enum(["served", "away"]).optional().catch(undefined),
    price: z.enum(["priced", "unpriced"]).optional().catch(undefined),
  }),
  component: lazyRouteComponent(
    withStyles(() => import("./pages/models/models-page.tsx")),
    "ModelsPage",
  ),
});

/** Its id has a slash, which is percent-encoded. */
const model = createRoute({
  getParentRoute: () => inside,
  path: "/models/$modelId",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/models/model-page.tsx")),
    "ModelPage",
  ),
});

const runners = createRoute({
  getParentRoute: () => inside,
  path: "/runners",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/runners/runners-page.tsx")),
    "RunnersPage",
  ),
});

const queue = createRoute({
  getParentRoute: () => inside,
  path: "/queue",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/queue/queue-page.tsx")),
    "QueuePage",
  ),
});

const usage = createRoute({
  getParentRoute: () => inside,
  path: "/usage",
  validateSearch: usageSearch,
  component: lazyRouteComponent(
    withStyles(() => import("./pages/usage/usage-page.tsx")),
    "UsagePage",
  ),
});

const requests = createRoute({
  getParentRoute: () => inside,
  path: "/requests",
  validateSearch: requestsSearch,
  component: lazyRouteComponent(
    withStyles(() => import("./pages/requests/requests-page.tsx")),
    "RequestsPage",
  ),
});

const request = createRoute({
  getParentRoute: () => inside,
  path: "/requests/$requestId",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/requests/request-page.tsx")),
    "RequestPage",
  ),
});

const batches = createRoute({
  getParentRoute: () => inside,
  path: "/batches",
  validateSearch: batchesSearch,
  component: lazyRouteComponent(
    withStyles(() => import("./pages/batches/batches-page.tsx")),
    "BatchesPage",
  ),
});

const batch = createRoute({
  getParentRoute: () => inside,
  path: "/batches/$batchId",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/batches/batch-page.tsx")),
    "BatchPage",
  ),
});

const billing = createRoute({
  getParentRoute: () => inside,
  path: "/billing",
  validateSearch: listSearch.extend({ kind: z.enum(["prepaid", "postpaid"]).optional().catch(undefined) }),
  component: lazyRouteComponent(
    withStyles(() => import("./pages/billing/billing-page.tsx")),
    "BillingPage",
  ),
});

const accountBilling = createRoute({
  getParentRoute: () => inside,
  path: "/billing/accounts/$accountId",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/billing/account/account-billing-page.tsx")),
    "AccountBillingPage",
  ),
});

const invoices = createRoute({
  getParentRoute: () => inside,
  path: "/billing/invoices",
  validateSearch: listSearch.extend({
    status: z.enum(["unpaid", "open", "overdue", "paid", "credited", "credit_note"]).optional().catch(undefined),
    month: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(
    withStyles(() => import("./pages/billing/invoices/invoices-page.tsx")),
    "InvoicesPage",
  ),
});

const invoice = createRoute({
  getParentRoute: () => inside,
  path: "/billing/invoices/$number",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/billing/invoices/invoice-page.tsx")),
    "InvoicePage",
  ),
});

const prices = createRoute({
  getParentRoute: () => inside,
  path: "/billing/prices",
  validateSearch: listSearch,
  component: lazyRouteComponent(
    withStyles(() => import("./pages/billing/prices/prices-page.tsx")),
    "PricesPage",
  ),
});

const price = createRoute({
  getParentRoute: () => inside,
  path: "/billing/prices/$model",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/billing/prices/price-page.tsx")),
    "PricePage",
  ),
});

const rerate = createRoute({
  getParentRoute: () => inside,
  path: "/billing/rerate",
  validateSearch: z.object({
    model: z.string().optional().catch(undefined),
    from: z.iso.datetime().optional().catch(undefined),
  }),
  component: lazyRouteComponent(
    withStyles(() => import("./pages/billing/prices/rerate-page.tsx")),
    "ReratePage",
  ),
});

const ledgerCheck = createRoute({
  getParentRoute: () => inside,
  path: "/billing/check",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/billing/ledger-check-page.tsx")),
    "LedgerCheckPage",
  ),
});

const seller = createRoute({
  getParentRoute: () => inside,
  path: "/billing/seller",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/billing/seller-page.tsx")),
    "SellerPage",
  ),
});

const billingPages = [billing, accountBilling, invoices, invoice, prices, price, rerate, ledgerCheck, seller] as const;

const members = createRoute({
  getParentRoute: () => inside,
  path: "/members",
  validateSearch: z.object({ tab: z.enum(["invitations", "tokens"]).optional().catch(undefined) }),
  component: lazyRouteComponent(
    withStyles(() => import("./pages/members/members-page.tsx")),
    "MembersPage",
  ),
});

const audit = createRoute({
  getParentRoute: () => inside,
  path: "/audit",
  validateSearch: z.object({
    kind: z.string().optional().catch(undefined),
    objectId: z.string().optional().catch(undefined),
    actorId: z.string().optional().catch(undefined),
    accountId: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(
    withStyles(() => import("./pages/audit/audit-page.tsx")),
    "AuditPage",
  ),
});

const profile = createRoute({
  getParentRoute: () => inside,
  path: "/profile",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/profile/profile-page.tsx")),
    "ProfilePage",
  ),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  component: lazyRouteComponent(
    withStyles(() => import("./pages/settings/settings-page.tsx")),
    "SettingsPage",
  ),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    invite,
    inside.addChildren([
      overview,
      playground,
      keys,
      key,
      models,
      model,
      runners,
      queue,
      usage,
      requests,
      request,
      batches,
      batch,
      ...billingPages,
      accounts,
      account,
      members,
      audit,
      profile,
      settings,
    ]),
  ]),
  defaultPreload: "intent",
  defaultErrorComponent: Failure,
  defaultPendingComponent: () => (
    <Center h="50vh">
      <Loader />
    </Center>
  ),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
