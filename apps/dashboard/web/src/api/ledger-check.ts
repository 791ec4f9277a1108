/** Whether the money adds up. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { latestLedgerCheckSchema, ledgerCheckSchema } from "../../../api/ledger-check.ts";
import { call } from "./client.ts";

const askEveryMs = 1_000;

export const latestLedgerCheckQuery = queryOptions({
  queryKey: ["ledger-check"],
  queryFn: ({ signal }) => call(latestLedgerCheckSchema, "/ledger-checks/latest", { signal }),
  refetchInterval: (query) => (query.state.data?.check?.state === "running" ? askEveryMs : false),
});

export function useCheckLedger() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(ledgerCheckSchema, "/ledger-checks", { method: "POST" }),
    onSettled: () => client.invalidateQueries({ queryKey: ["ledger-check"] }),
  });
}
