/** The first page: to an operator the installation as it is now, to a customer what its accounts used. */
import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useMay } from "../../api/session.ts";
import { withStyles } from "../../styles/with-styles.ts";
import { InstallationOverview } from "./installation-overview.tsx";

const AccountOverview = lazy(
  withStyles(() => import("./account-overview.tsx").then((file) => ({ default: file.AccountOverview }))),
);

export function OverviewPage() {
  if (useMay("runners:read")) return <InstallationOverview />;
  return (
    <Suspense fallback={<Skeleton h={420} />}>
      <AccountOverview />
    </Suspense>
  );
}
