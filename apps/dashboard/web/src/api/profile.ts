/** One's own way in: what the sign-in library does for who is signed in. */
import { queryOptions } from "@tanstack/react-query";
import { ApiError } from "./client.ts";
import { authClient } from "./sign-in.ts";

/** @throws {ApiError} */
export async function changePassword({ current, next }: { current: string; next: string }): Promise<void> {
  mustWork(
    await authClient.changePassword({ currentPassword: current, newPassword: next, revokeOtherSessions: true }),
    "The current password is wrong.",
  );
}

export interface NewCodes {
  /** `otpauth://...` */
  uri: string;
  backupCodes: readonly string[];
}

/** Switched on once a code was confirmed. @throws {ApiError} */
export async function beginCodes(password: string): Promise<NewCodes> {
  const data = mustWork(await authClient.twoFactor.enable({ password }), "The password is wrong.");
  if (data.method !== "totp") throw new ApiError("internal_error", "The server offers no codes of an app.");
  return { uri: data.totpURI, backupCodes: data.backupCodes };
}

/** @throws {ApiError} */
export async function confirmCodes(code: string): Promise<void> {
  mustWork(await authClient.twoFactor.verifyTotp({ code }), "This code is not right. Is the clock of the phone right?");
}

/** @throws {ApiError} */
export async function endCodes(password: string): Promise<void> {
  mustWork(await authClient.twoFactor.disable({ password }), "The password is wrong.");
}

export const passkeysQuery = queryOptions({
  queryKey: ["passkeys"],
  queryFn: async () => {
    const passkeys = mustWork(await authClient.passkey.listUserPasskeys(), "Passkeys could not be read.");
    return passkeys.map(({ id, name, createdAt }) => ({
      id,
      name: name ?? "passkey",
      createdAt: new Date(createdAt).toISOString(),
    }));
  },
});

/** The browser asks the person. @throws {ApiError} */
export async function addPasskey(name: string): Promise<void> {
  mustWork(await authClient.passkey.addPasskey({ name }), "No passkey was made.");
}

/** @throws {ApiError} */
export async function removePasskey(id: string): Promise<void> {
  mustWork(await authClient.passkey.deletePasskey({ id }), "The passkey could not be removed.");
}

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async () => {
    const own = mustWork(await authClient.getSession(), "The session could not be read.");
    const sessions = mustWork(await authClient.listSessions(), "The sessions could not be read.");
    return sessions.map(({ id, userAgent, ipAddress, createdAt }) => ({
      id,
      userAgent,
      ipAddress,
      createdAt: new Date(createdAt).toISOString(),
      isThis: id === own.session.id,
    }));
  },
});

/** @throws {ApiError} */
export async function endOtherSessions(): Promise<void> {
  mustWork(await authClient.revokeOtherSessions(), "Signing out elsewhere did not work.");
}

function mustWork<Data>(
  { data, error }: { data: Data | null; error: { status: number } | null },
  refused: string,
): NonNullable<Data> {
  if (error !== null && error.status === 429) {
    throw new ApiError("too_many_requests", "Too many tries. Wait a minute, then try again.");
  }
  if (error !== null || data === null || data === undefined) throw new ApiError("invalid_request", refused);
  return data;
}
