/** Who is signed in. */
import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import type { Permission } from "@tera/admin-api/roles";
import { type Session, sessionSchema } from "../../../api/session.ts";
import { ApiError, call } from "./client.ts";

/** null: nobody. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await call(sessionSchema, "/session", { signal });
    } catch (error) {
      if (error instanceof ApiError && error.code === "unauthenticated") return null;
      throw error;
    }
  },
});

/** For pages behind the sign-in. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery);
  if (data === null) throw new ApiError("unauthenticated", "Sign in first.");
  return data;
}

/** Whether to show what needs this permission; the server decides in any case. */
export function useMay(permission: Permission): boolean {
  return useSession().permissions.includes(permission);
}

/** Apart from the rest of sign-in, which is only loaded where it is needed. @throws {ApiError} */
export async function signOut(): Promise<void> {
  const answer = await fetch("/admin/auth/sign-out", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  if (!answer.ok) throw new ApiError("unavailable", "Signing out did not work. Try again in a moment.");
}
