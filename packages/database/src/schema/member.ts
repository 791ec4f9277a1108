/**
 * Members: the people who sign in to the dashboard, and what the sign-in library (better-auth) keeps of them. It reads and writes these tables through its drizzle adapter; the
 * property names are its own, the table names are ours: its `account` is our `memberSignIn`.
 */
import { sql } from "drizzle-orm";
import { bigint, boolean, check, index, integer, pgTable, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import { account } from "./account.ts";

const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/** `member`: one person. What they may do is in `membership`. */
export const member = pgTable("member", {
  id: text().primaryKey(),
  name: text().notNull(),
  /** Lower case; one person each. */
  email: text().notNull().unique(),
  emailVerified: boolean("email_verified").notNull().default(false),
  image: text(),
  twoFactorEnabled: boolean("two_factor_enabled").notNull().default(false),
  createdAt: moment("created_at").notNull().defaultNow(),
  updatedAt: moment("updated_at").notNull().defaultNow(),
});
export type Member = typeof member.$inferSelect;

/** owner, admin, billing and viewer are the operator's people; a member belongs to one account, and sees nothing else. */
export const memberRoles = ["owner", "admin", "billing", "viewer", "member"] as const;
export type MemberRole = (typeof memberRoles)[number];

/** `membership`: what a person may do. An operator's role has no account; `member` has one, and a person may be a member of several. */
export const membership = pgTable(
  "membership",
  {
    id: text().primaryKey(),
    memberId: text("member_id")
      .notNull()
      .references(() => member.id, { onDelete: "cascade" }),
    role: text({ enum: memberRoles }).notNull(),
    accountId: text("account_id").references(() => account.id),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [
    // One role with the operator, and one with each account.
    uniqueIndex("membership_once").on(table.memberId, sql`coalesce(${table.accountId}, '')`),
    index("membership_account").on(table.accountId),
    check("membership_account_of_members", sql`(${table.role} = 'member') = (${table.accountId} is not null)`),
  ],
);
export type Membership = typeof membership.$inferSelect;

/** `invitation`: a link that makes a person a member, once. The token itself is never stored, only its hash. */
export const invitation = pgTable(
  "invitation",
  {
    id: text().primaryKey(),
    /** SHA-256 of the token, in hexadecimal: the token is 256 random bits. */
    tokenHash: text("token_hash").notNull().unique(),
    /** Null: whoever opens it says who they are (the first owner's). */
    email: text(),
    role: text({ enum: memberRoles }).notNull(),
    accountId: text("account_id").references(() => account.id),
    /** Whose password it sets anew; null: it makes a new member. */
    memberId: text("member_id").references(() => member.id, { onDelete: "cascade" }),
    createdAt: moment("created_at").notNull().defaultNow(),
    /** Who made it, in words. */
    createdBy: text("created_by").notNull(),
    expiresAt: moment("expires_at").notNull(),
    usedAt: moment("used_at"),
  },
  (table) => [
    check("invitation_account_of_members", sql`(${table.role} = 'member') = (${table.accountId} is not null)`),
  ],
);
export type Invitation = typeof invitation.$inferSelect;

/** `member_session`: one signed-in browser. */
export const memberSession = pgTable(
  "member_session",
  {
    id: text().primaryKey(),
    token: text().notNull().unique(),
    userId: text("member_id")
      .notNull()
      .references(() => member.id, { onDelete: "cascade" }),
    expiresAt: moment("expires_at").notNull(),
    ipAddress: text("address"),
    userAgent: text("user_agent"),
    createdAt: moment("created_at").notNull().defaultNow(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
  },
  (table) => [index("member_session_member").on(table.userId)],
);

/** `member_sign_in`: a way in: a password (provider `credential`, hashed with argon2id), or somebody else's word (OIDC). */
export const memberSignIn = pgTable(
  "member_sign_in",
  {
    id: text().primaryKey(),
    accountId: text("provider_account_id").notNull(),
    providerId: text("provider_id").notNull(),
    userId: text("member_id")
      .notNull()
      .references(() => member.id, { onDelete: "cascade" }),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: moment("access_token_expires_at"),
    refreshTokenExpiresAt: moment("refresh_token_expires_at"),
    scope: text(),
    password: text("password_hash"),
    createdAt: moment("created_at").notNull().defaultNow(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
  },
  (table) => [index("member_sign_in_member").on(table.userId)],
);

/** `member_verification`: values with an end: challenges of passkeys, states of OIDC, the second step of a sign-in. */
export const memberVerification = pgTable(
  "member_verification",
  {
    id: text().primaryKey(),
    identifier: text().notNull(),
    value: text().notNull(),
    expiresAt: moment("expires_at").notNull(),
    createdAt: moment("created_at").notNull().defaultNow(),
    updatedAt: moment("updated_at").notNull().defaultNow(),
  },
  (table) => [index("member_verification_identifier").on(table.identifier)],
);

/** `member_two_factor`: the secret of time-based codes, and the codes for when the phone is lost; both encrypted by the library. */
export const memberTwoFactor = pgTable(
  "member_two_factor",
  {
    id: text().primaryKey(),
    secret: text().notNull(),
    backupCodes: text("backup_codes").notNull(),
    userId: text("member_id")
      .notNull()
      .references(() => member.id, { onDelete: "cascade" }),
    verified: boolean().default(true),
    failedVerificationCount: integer("failed_verification_count").default(0),
    lockedUntil: moment("locked_until"),
  },
  (table) => [index("member_two_factor_member").on(table.userId)],
);

/** `member_passkey`: public keys of authenticators. */
export const memberPasskey = pgTable(
  "member_passkey",
  {
    id: text().primaryKey(),
    name: text(),
    publicKey: text("public_key").notNull(),
    userId: text("member_id")
      .notNull()
      .references(() => member.id, { onDelete: "cascade" }),
    credentialID: text("credential_id").notNull(),
    counter: integer().notNull(),
    deviceType: text("device_type").notNull(),
    backedUp: boolean("backed_up").notNull(),
    transports: text(),
    aaguid: text(),
    createdAt: moment("created_at").defaultNow(),
  },
  (table) => [
    index("member_passkey_member").on(table.userId),
    index("member_passkey_credential").on(table.credentialID),
  ],
);

/** `sign_in_throttle`: how often an address has tried, for all dashboards together. */
export const signInThrottle = pgTable("sign_in_throttle", {
  id: text().primaryKey(),
  key: text().notNull().unique(),
  count: integer().notNull(),
  /** Epoch milliseconds. */
  lastRequest: bigint("last_request", { mode: "number" }).notNull(),
});
