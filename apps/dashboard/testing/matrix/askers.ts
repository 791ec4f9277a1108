/** Everybody who may ask: nobody, a person of each role, a token of each role. */
import { createMemberStore } from "@tera/access";
import { type Role, roles } from "@tera/admin-api/roles";
import { sessionSchema } from "../../api/session.ts";
import type { Ask, TestDashboard } from "../dashboard.ts";

export interface Asker {
  name: string;
  isPerson: boolean;
  /** Undefined: nobody. */
  role: Role | undefined;
  /** Asks; as a customer, of this account. */
  askFor(accountId: string): Promise<Ask>;
}

export async function createAskers(dashboard: TestDashboard): Promise<Asker[]> {
  const askers: Asker[] = [{ name: "nobody", isPerson: false, role: undefined, askFor: async () => dashboard.anybody }];
  for (const role of roles) {
    askers.push({ name: role, isPerson: true, role, askFor: await createPerson(dashboard, role) });
    askers.push({ name: `${role} token`, isPerson: false, role, askFor: await createScript(dashboard, role) });
  }
  return askers;
}

async function createPerson(dashboard: TestDashboard, role: Role): Promise<Asker["askFor"]> {
  if (role !== "member") {
    const ask = await dashboard.signIn(role);
    return async () => ask;
  }
  const ask = await dashboard.signIn(role, await dashboard.createAccount("Own"));
  const { id } = sessionSchema.parse((await ask("GET", "/session")).body);
  return async (accountId) => {
    await createMemberStore(dashboard).grant(id, role, accountId);
    return ask;
  };
}

async function createScript(dashboard: TestDashboard, role: Role): Promise<Asker["askFor"]> {
  if (role === "member") return (accountId) => dashboard.withToken(role, accountId);
  const ask = await dashboard.withToken(role);
  return async () => ask;
}
