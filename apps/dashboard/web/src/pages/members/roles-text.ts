/** What the roles mean, for forms. */
import type { Role } from "@tera/admin-api/roles";

export const roleChoices: { value: Role; label: string }[] = [
  { value: "owner", label: "Owner: everything" },
  { value: "admin", label: "Admin: everything but owners" },
  { value: "billing", label: "Billing: sees all, changes money" },
  { value: "viewer", label: "Viewer: sees, changes nothing" },
  { value: "member", label: "Member: a customer, one account" },
];

/** The choices of somebody with this role. */
export function choicesFor(role: Role): { value: Role; label: string }[] {
  return role === "owner" ? roleChoices : roleChoices.filter(({ value }) => value !== "owner");
}
