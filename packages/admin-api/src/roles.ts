/**
 * Who may do what: the one table of roles and permissions, for the server, which decides, and for the web, which hides what would be refused.
 *
 * | role    | whose        | what                                                                           |
 * |---------|--------------|--------------------------------------------------------------------------------|
 * | owner   | operator's   | everything                                                                     |
 * | admin   | operator's   | everything but owners                                                          |
 * | billing | operator's   | sees all but content; changes money: prices, credit, invoices, accounts        |
 * | viewer  | operator's   | sees all but content and people, changes nothing                               |
 * | member  | a customer's | keys, usage, batches, bill and playground of his or her accounts               |
 */
import { z } from "zod";

export const roles = ["owner", "admin", "billing", "viewer", "member"] as const;
export type Role = (typeof roles)[number];
export const roleSchema = z.enum(roles);

export const permissions = [
  "accounts:read",
  "accounts:write",
  "keys:read",
  "keys:write",
  "usage:read",
  "batches:read",
  /** Uploads their files; starts, cancels, pauses and resumes them. */
  "batches:write",
  /** Prompts and answers that were kept, and the files of batches. */
  "content:read",
  "billing:read",
  /** Moves credit, issues and settles invoices. */
  "billing:write",
  /** Pays for one's own account. */
  "billing:pay",
  "prices:read",
  "prices:write",
  "models:read",
  "models:write",
  /** Workers, runners and live figures of the whole installation. */
  "runners:read",
  "runners:write",
  "playground:use",
  "members:read",
  "members:write",
  "tokens:read",
  "tokens:write",
  "audit:read",
  "settings:read",
] as const;
export type Permission = (typeof permissions)[number];
export const permissionSchema = z.enum(permissions);

const seen: readonly Permission[] = [
  "accounts:read",
  "keys:read",
  "usage:read",
  "batches:read",
  "billing:read",
  "prices:read",
  "models:read",
  "runners:read",
  "settings:read",
];

const granted: Record<Role, readonly Permission[]> = {
  owner: permissions,
  admin: permissions,
  billing: [...seen, "accounts:write", "billing:write", "billing:pay", "prices:write", "audit:read"],
  viewer: seen,
  member: [
    "accounts:read",
    "keys:read",
    "keys:write",
    "usage:read",
    "batches:read",
    "batches:write",
    "content:read",
    "billing:read",
    "billing:pay",
    "models:read",
    "playground:use",
  ],
};

export function isGranted(role: Role, permission: Permission): boolean {
  return granted[role].includes(permission);
}

export function permissionsOf(role: Role): readonly Permission[] {
  return granted[role];
}
