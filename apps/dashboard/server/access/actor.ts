/** Who makes a request: a signed-in member or an admin token, with what they may do and which accounts they see. */
import type { AdminTokenStore, AuditActor, Grant, MemberStore } from "@tera/access";
import { isGranted, type Permission, permissionsOf, type Role } from "@tera/admin-api/roles";
import type { FastifyRequest } from "fastify";
import type { Session } from "../../api/session.ts";
import { AdminError, notFound } from "../errors.ts";
import type { Auth } from "../sign-in/auth.ts";
import { toAuthHeaders } from "../sign-in/request-headers.ts";

export interface Actor {
  kind: "member" | "token";
  id: string;
  name: string;
  email: string | null;
  role: Role;
  /** The accounts of a customer; null: an operator's, who sees all. */
  accounts: readonly { id: string; name: string }[] | null;
  twoFactorEnabled: boolean;
  address: string;
}

/** @returns undefined: nobody. */
export type FindActor = (request: FastifyRequest) => Promise<Actor | undefined>;

export function createFindActor(options: {
  auth: Auth;
  memberStore: MemberStore;
  adminTokenStore: AdminTokenStore;
}): FindActor {
  const { auth, memberStore, adminTokenStore } = options;

  async function findByToken(request: FastifyRequest, token: string): Promise<Actor | undefined> {
    const found = await adminTokenStore.openToken(token);
    if (found === undefined) return undefined;
    const accounts = found.accountId === null ? null : [{ id: found.accountId, name: found.accountId }];
    const { id, name, role } = found;
    return { kind: "token", id, name, email: null, role, accounts, twoFactorEnabled: false, address: request.ip };
  }

  async function findBySession(request: FastifyRequest): Promise<Actor | undefined> {
    const session = await auth.api.getSession({ headers: toAuthHeaders(request) });
    if (session === null) return undefined;
    const { id, name, email, twoFactorEnabled } = session.user;
    const grants = await memberStore.listGrants(id);
    const [strongest] = grants;
    if (strongest === undefined) return undefined;
    return {
      kind: "member",
      id,
      name,
      email,
      role: strongest.role,
      accounts: strongest.accountId === null ? null : grants.flatMap(toAccount),
      twoFactorEnabled: twoFactorEnabled === true,
      address: request.ip,
    };
  }

  return async (request) => {
    const { authorization } = request.headers;
    if (authorization === undefined) return findBySession(request);
    const [scheme, token] = authorization.split(" ");
    return scheme?.toLowerCase() === "bearer" && token !== undefined ? findByToken(request, token) : undefined;
  };
}

function toAccount({ accountId, accountName }: Grant): { id: string; name: string }[] {
  return accountId === null ? [] : [{ id: accountId, name: accountName ?? accountId }];
}

export function may(actor: Actor, permission: Permission): boolean {
  return isGranted(actor.role, permission);
}

/** Whether an object of this account is there for the actor at all. */
export function sees(actor: Actor, accountId: string): boolean {
  return actor.accounts === null || actor.accounts.some(({ id }) => id === accountId);
}

/** @throws {AdminError} `not_found`: to a customer, other accounts do not exist. */
export function mustSee(actor: Actor, accountId: string, what = "account"): void {
  if (!sees(actor, accountId)) throw notFound(what);
}

/**
 * The accounts that a list is about.
 * @param asked the one that was asked for
 * @returns null: all of them
 * @throws {AdminError} `not_found`, as `mustSee`
 */
export function accountsInView(actor: Actor, asked: string | undefined): readonly string[] | null {
  if (asked !== undefined) {
    mustSee(actor, asked);
    return [asked];
  }
  return actor.accounts === null ? null : actor.accounts.map(({ id }) => id);
}

/** @throws {AdminError} `forbidden`: it concerns all accounts, and the actor sees some. */
export function mustSeeAll(actor: Actor): void {
  if (actor.accounts !== null) {
    throw new AdminError("forbidden", "This concerns the whole installation, and you see some accounts of it only.");
  }
}

/** Who does it, as ledger and price book keep it. */
export function authorOf({ kind, id, email }: Actor): string {
  return `${kind}:${email ?? id}`;
}

export function toAuditActor({ kind, id, name, email, address }: Actor): AuditActor {
  return { kind, id, name: email === null ? name : `${name} <${email}>`, address };
}

export function toSession({ kind, id, name, email, role, accounts, twoFactorEnabled }: Actor): Session {
  return {
    kind,
    id,
    name,
    email,
    role,
    permissions: [...permissionsOf(role)],
    accounts: accounts === null ? null : [...accounts],
    twoFactorEnabled,
  };
}
