/** Members, invitations and admin tokens. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import {
  type GrantChange,
  invitationListSchema,
  invitationSchema,
  madeInvitationSchema,
  memberListSchema,
  memberSchema,
  type NewInvitation,
} from "@tera/admin-api/members";
import {
  adminTokenListSchema,
  adminTokenSchema,
  madeAdminTokenSchema,
  type NewAdminToken,
} from "@tera/admin-api/tokens";
import { call, nothing } from "./client.ts";

/** @param accountId only members of this account */
export const membersQuery = (accountId?: string) =>
  queryOptions({
    queryKey: ["members", accountId ?? null],
    queryFn: ({ signal }) => call(memberListSchema, "/members", { query: { accountId }, signal }),
  });

export const invitationsQuery = queryOptions({
  queryKey: ["members", "invitations"],
  queryFn: ({ signal }) => call(invitationListSchema, "/invitations", { signal }),
});

export const adminTokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) => call(adminTokenListSchema, "/tokens", { signal }),
});

export const useInvite = () =>
  usePeopleChange((body: NewInvitation) => call(madeInvitationSchema, "/invitations", { method: "POST", body }));

export const useWithdraw = () =>
  usePeopleChange((invitationId: string) =>
    call(invitationSchema, `/invitations/${invitationId}`, { method: "DELETE" }),
  );

export const useGrant = (memberId: string) =>
  usePeopleChange((body: GrantChange) => call(memberSchema, `/members/${memberId}/grants`, { method: "PUT", body }));

/** @param accountId null: the operator's role */
export const useRevokeGrant = (memberId: string) =>
  usePeopleChange((accountId: string | null) =>
    call(memberSchema, `/members/${memberId}/grants/${accountId ?? "operator"}`, { method: "DELETE" }),
  );

export const useRemoveMember = (memberId: string) =>
  usePeopleChange((_confirmed: true) => call(nothing, `/members/${memberId}`, { method: "DELETE" }));

export const usePasswordLink = (memberId: string) =>
  usePeopleChange((_asked: true) =>
    call(madeInvitationSchema, `/members/${memberId}/password-link`, { method: "POST", body: {} }),
  );

export const useCreateToken = () =>
  usePeopleChange((body: NewAdminToken) => call(madeAdminTokenSchema, "/tokens", { method: "POST", body }));

export const useRevokeToken = () =>
  usePeopleChange((tokenId: string) => call(adminTokenSchema, `/tokens/${tokenId}`, { method: "DELETE" }));

function usePeopleChange<Input, Answer>(mutationFn: (input: Input) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["members"] });
      await client.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
}
