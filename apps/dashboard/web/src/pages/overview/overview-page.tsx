/** The first page: to an operator the installation as it is now, to a customer what its accounts used. */
import { useMay } from "../../api/session.ts";
import { AccountOverview } from "./account-overview.tsx";
import { InstallationOverview } from "./installation-overview.tsx";

export function OverviewPage() {
  return useMay("runners:read") ? <InstallationOverview /> : <AccountOverview />;
}
