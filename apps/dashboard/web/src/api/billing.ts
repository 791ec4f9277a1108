/** Credit of accounts, payments, and what invoices say of both sides. */
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import {
  type AutoTopUpSetting,
  accountMoneyPageSchema,
  accountMoneySchema,
  autoTopUpSchema,
  type Buyer,
  billingSettingsSchema,
  billingSummarySchema,
  buyerSchema,
  type CreditMoveRequest,
  creditMovedSchema,
  ledgerPageSchema,
  maybeSellerSchema,
  paymentPageSchema,
  type Seller,
  sellerSchema,
} from "@tera/admin-api/billing";
import { call, type QueryValues } from "./client.ts";

export const billingSettingsQuery = queryOptions({
  queryKey: ["billing", "settings"],
  queryFn: ({ signal }) => call(billingSettingsSchema, "/billing/settings", { signal }),
});

export const billingSummaryQuery = queryOptions({
  queryKey: ["billing", "summary"],
  queryFn: ({ signal }) => call(billingSummarySchema, "/billing/summary", { signal }),
});

export const accountsMoneyQuery = (search: QueryValues) =>
  queryOptions({
    queryKey: ["billing", "accounts", search],
    queryFn: ({ signal }) => call(accountMoneyPageSchema, "/billing/accounts", { query: search, signal }),
    placeholderData: keepPreviousData,
  });

export const accountMoneyQuery = (accountId: string) =>
  queryOptions({
    queryKey: ["billing", "account", accountId],
    queryFn: ({ signal }) => call(accountMoneySchema, `/accounts/${accountId}/balance`, { signal }),
  });

/** @param kinds none: all */
export const ledgerQuery = (accountId: string, kinds: readonly string[]) =>
  infiniteQueryOptions({
    queryKey: ["billing", "ledger", accountId, kinds],
    queryFn: ({ pageParam, signal }) =>
      call(ledgerPageSchema, `/accounts/${accountId}/ledger`, {
        query: { kinds: kinds.join(","), before: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });

/** @param variables.key the same for what is sent again: it is booked once */
export const useMoveCredit = (accountId: string) =>
  useBillingChange(({ body, key }: { body: CreditMoveRequest; key: string }) =>
    call(creditMovedSchema, `/accounts/${accountId}/credit`, {
      method: "POST",
      body,
      headers: { "idempotency-key": key },
    }),
  );

export const useCheckout = (accountId: string) =>
  useMutation({
    mutationFn: (body: { amount: string; saveMethod: boolean }) =>
      call(paymentPageSchema, `/accounts/${accountId}/checkout`, { method: "POST", body }),
  });

export const autoTopUpQuery = (accountId: string) =>
  queryOptions({
    queryKey: ["billing", "auto-top-up", accountId],
    queryFn: ({ signal }) => call(autoTopUpSchema, `/accounts/${accountId}/auto-top-up`, { signal }),
  });

export const useSetAutoTopUp = (accountId: string) =>
  useBillingChange((body: AutoTopUpSetting) =>
    call(autoTopUpSchema, `/accounts/${accountId}/auto-top-up`, { method: "PUT", body }),
  );

export const useClearAutoTopUp = (accountId: string) =>
  useBillingChange(() => call(autoTopUpSchema, `/accounts/${accountId}/auto-top-up`, { method: "DELETE" }));

export const sellerQuery = queryOptions({
  queryKey: ["billing", "seller"],
  queryFn: ({ signal }) => call(maybeSellerSchema, "/seller", { signal }),
});

export const useSetSeller = () =>
  useBillingChange((body: Seller) => call(sellerSchema, "/seller", { method: "PUT", body }));

export const buyerQuery = (accountId: string) =>
  queryOptions({
    queryKey: ["billing", "buyer", accountId],
    queryFn: ({ signal }) => call(buyerSchema, `/accounts/${accountId}/buyer`, { signal }),
  });

export const useSetBuyer = (accountId: string) =>
  useBillingChange((body: Buyer) => call(buyerSchema, `/accounts/${accountId}/buyer`, { method: "PUT", body }));

/** For changes of money: whatever shows some is asked anew. */
export function useBillingChange<Input, Answer>(mutationFn: (input: Input) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: async () => {
      await Promise.all(
        ["billing", "invoices", "accounts", "account"].map((name) => client.invalidateQueries({ queryKey: [name] })),
      );
    },
  });
}
