/** Signing in and out: invitations, and the browser's part of the sign-in library. */
import { passkeyClient } from "@better-auth/passkey/client";
import { queryOptions } from "@tanstack/react-query";
import { createAuthClient } from "better-auth/client";
import { twoFactorClient } from "better-auth/client/plugins";
import type { z } from "zod";
import { type acceptInvitationSchema, openedInvitationSchema, signInWaysSchema } from "../../../api/session.ts";
import { ApiError, call, nothing } from "./client.ts";

export const authClient = createAuthClient({
  basePath: "/admin/auth",
  plugins: [twoFactorClient(), passkeyClient()],
  sessionOptions: { refetchOnWindowFocus: false },
});

export const signInWaysQuery = queryOptions({
  queryKey: ["sign-in"],
  queryFn: ({ signal }) => call(signInWaysSchema, "/sign-in", { signal }),
});

/** @returns whether a code is asked for next. @throws {ApiError} in words for the person */
export async function signIn(email: string, password: string): Promise<"in" | "needs code"> {
  const { data, error } = await authClient.signIn.email({ email, password });
  if (error !== null) throw toApiError(error, "E-mail address or password are wrong.");
  return "twoFactorRedirect" in data && data.twoFactorRedirect === true ? "needs code" : "in";
}

/** @throws {ApiError} in words for the person */
export async function signInWithCode(code: string): Promise<void> {
  const isBackup = code.replaceAll(/\s/g, "").length > 6;
  const { error } = isBackup
    ? await authClient.twoFactor.verifyBackupCode({ code: code.trim() })
    : await authClient.twoFactor.verifyTotp({ code: code.replaceAll(/\s/g, "") });
  if (error !== null) throw toApiError(error, "This code is not right, or its time is over.");
}

/** @throws {ApiError} in words for the person */
export async function signInWithPasskey(): Promise<void> {
  const { error } = await authClient.signIn.passkey();
  if (error !== null) throw toApiError(error, "No passkey of this device opened the door.");
}

/** Leaves for the identity provider. @param to the path to come back to @throws {ApiError} in words for the person */
export async function signInWithProvider(to: string): Promise<void> {
  const { error } = await authClient.signIn.social({
    provider: "oidc",
    callbackURL: new URL(to, window.location.origin).href,
    errorCallbackURL: `/sign-in?${new URLSearchParams({ to })}`,
  });
  if (error === null) return;
  if (error.code === "PROVIDER_UNAVAILABLE") {
    throw new ApiError(
      "unavailable",
      "The identity provider does not answer. Try again in a moment, or sign in another way.",
    );
  }
  throw toApiError(error, "The identity provider cannot be asked. Sign in another way, and tell whoever runs this.");
}

export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ["invitation", token],
    queryFn: ({ signal }) =>
      call(openedInvitationSchema, "/invitations/open", { method: "POST", body: { token }, signal }),
  });

export function acceptInvitation(body: z.infer<typeof acceptInvitationSchema>): Promise<undefined> {
  return call(nothing, "/invitations/accept", { method: "POST", body });
}

/** The library's own words are for developers; the person is told what to do. */
function toApiError({ status }: { status: number }, refused: string): ApiError {
  if (status === 429) return new ApiError("too_many_requests", "Too many tries. Wait a minute, then try again.");
  if (status >= 500 || status === 0)
    return new ApiError("unavailable", "The dashboard does not answer. Try again in a moment.");
  return new ApiError("unauthenticated", refused);
}
