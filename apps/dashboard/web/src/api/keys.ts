/** Keys: reading, making, changing, ending. */
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  type KeyChange,
  type KeyRevocation,
  type KeyRotation,
  keyDetailsSchema,
  keyPageSchema,
  madeKeySchema,
  type NewKey,
} from "@tera/admin-api/keys";
import { call, type QueryValues } from "./client.ts";

export const keysQuery = (search: QueryValues) =>
  queryOptions({
    queryKey: ["keys", search],
    queryFn: ({ signal }) => call(keyPageSchema, "/keys", { query: search, signal }),
    placeholderData: keepPreviousData,
  });

export const keyQuery = (keyId: string) =>
  queryOptions({
    queryKey: ["key", keyId],
    queryFn: ({ signal }) => call(keyDetailsSchema, `/keys/${keyId}`, { signal }),
  });

export const useCreateKey = () =>
  useKeyChange((body: NewKey) => call(madeKeySchema, "/keys", { method: "POST", body }));

export const useChangeKey = (keyId: string) =>
  useKeyChange((body: KeyChange) => call(keyDetailsSchema, `/keys/${keyId}`, { method: "PATCH", body }));

export const useRotateKey = (keyId: string) =>
  useKeyChange((body: KeyRotation) => call(madeKeySchema, `/keys/${keyId}/rotate`, { method: "POST", body }));

export const useSwitchKey = (keyId: string) =>
  useKeyChange((action: "disable" | "enable") =>
    call(keyDetailsSchema, `/keys/${keyId}/${action}`, { method: "POST", body: {} }),
  );

export const useRevokeKey = (keyId: string) =>
  useKeyChange((body: KeyRevocation) => call(keyDetailsSchema, `/keys/${keyId}/revoke`, { method: "POST", body }));

function useKeyChange<Input, Answer>(mutationFn: (input: Input) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    // The secret of a new key is kept no longer than its dialog is open.
    gcTime: 0,
    // Not awaited: a new key is to be shown even where the lists cannot be read.
    onSuccess: () => {
      for (const kind of ["keys", "key", "accounts", "account"]) void client.invalidateQueries({ queryKey: [kind] });
    },
  });
}
