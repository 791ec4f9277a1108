/** Accounts: reading and changing. */
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { type AccountChange, accountPageSchema, accountSchema, type NewAccount } from "@tera/admin-api/accounts";
import { call, type QueryValues } from "./client.ts";

export const accountsQuery = (search: QueryValues) =>
  queryOptions({
    queryKey: ["accounts", search],
    queryFn: ({ signal }) => call(accountPageSchema, "/accounts", { query: search, signal }),
    placeholderData: keepPreviousData,
  });

export const accountQuery = (accountId: string) =>
  queryOptions({
    queryKey: ["account", accountId],
    queryFn: ({ signal }) => call(accountSchema, `/accounts/${accountId}`, { signal }),
  });

export function useCreateAccount() {
  return useAccountChange((body: NewAccount) => call(accountSchema, "/accounts", { method: "POST", body }));
}

export function useChangeAccount(accountId: string) {
  return useAccountChange((body: AccountChange) =>
    call(accountSchema, `/accounts/${accountId}`, { method: "PATCH", body }),
  );
}

export function useSwitchAccount(accountId: string) {
  return useAccountChange((action: "disable" | "enable") =>
    call(accountSchema, `/accounts/${accountId}/${action}`, { method: "POST", body: {} }),
  );
}

function useAccountChange<Input, Answer>(mutationFn: (input: Input) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["accounts"] });
      await client.invalidateQueries({ queryKey: ["account"] });
    },
  });
}
