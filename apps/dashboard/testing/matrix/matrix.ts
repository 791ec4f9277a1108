/**
 * Who gets what: every operation of the Admin API, asked by everybody; by customers for what is theirs, and for what is somebody else's.
 *
 * What is expected follows from the permission that an operation declares and from the one table of roles:
 *
 * | who                                                    | gets                                          |
 * |--------------------------------------------------------|-----------------------------------------------|
 * | nobody                                                 | 401, but where everybody may                  |
 * | a role without the permission                          | 403, whosever it is                           |
 * | a role with it                                         | the answer                                    |
 * | a customer with it, for what belongs to somebody else  | 404, word for word as for what nobody has     |
 */
import { isGranted } from "@tera/admin-api/roles";
import type { Answer } from "../dashboard.ts";
import type { Asker } from "./askers.ts";
import { createInstallation } from "./installation.ts";
import type { Operation } from "./operations.ts";
import { type Sample, samples, type World } from "./samples.ts";
import type { Setting } from "./setting.ts";
import { absentObjects, createTenant, type TenantObjects } from "./tenant.ts";

export interface Cell {
  operation: Operation;
  asker: Asker;
  /** A customer asked for what belongs to somebody else. */
  isForeign: boolean;
  status: number;
  /** What is wrong with the answer. */
  fault: string | undefined;
}

export interface Matrix {
  /** @returns a cell; for a customer two, where it is about something that belongs to an account; none where it is left to others. */
  ask(operation: Operation, asker: Asker): Promise<Cell[]>;
}

export function createMatrix(setting: Setting): Matrix {
  const installation = createInstallation(setting);

  /** @param accountId of who asks, if it is a customer. */
  async function send(operation: Operation, asker: Asker, objects: TenantObjects, accountId: string): Promise<Answer> {
    const sample: Sample = samples[operation.name] ?? {};
    const world: World = { ...objects, ...installation };
    const path = await fillPath(operation, sample, world);
    const query = {
      ...(operation.takesAccount ? { accountId: await world.accountId() } : {}),
      ...(await sample.query?.(world)),
    };
    const search = String(new URLSearchParams(query));
    const ask = await asker.askFor(accountId);
    return ask(
      operation.method,
      search === "" ? path : `${path}?${search}`,
      await sample.body?.(world),
      sample.headers,
    );
  }

  async function askForOthers(operation: Operation, asker: Asker, accountId: string): Promise<Cell> {
    const other = await createTenant(setting, "Stranger", samples[operation.name]?.kind);
    const answer = await send(operation, asker, other.objects, accountId);
    const absent = await send(operation, asker, absentObjects, accountId);
    const isAllowed = mayAsk(operation, asker) && samples[operation.name]?.ofInstallation !== true;
    const tells = JSON.stringify(answer.body) !== JSON.stringify(absent.body);
    const fault = tells
      ? `it differs from what is not there: ${JSON.stringify([answer.body, absent.body])}`
      : undefined;
    return {
      operation,
      asker,
      isForeign: true,
      status: answer.status,
      fault: judge(answer, isAllowed ? [404] : [403]) ?? fault,
    };
  }

  return {
    async ask(operation, asker) {
      if (asker.isPerson && samples[operation.name]?.isSlow === true) return [];
      const own = await createTenant(setting, "Own", samples[operation.name]?.kind);
      const answer = await send(operation, asker, own.objects, own.id);
      const cell = { operation, asker, isForeign: false, status: answer.status };
      const cells: Cell[] = [{ ...cell, fault: judge(answer, expected(operation, asker)) }];
      if (asker.role === "member" && own.wasUsed()) cells.push(await askForOthers(operation, asker, own.id));
      return cells;
    },
  };
}

function expected(operation: Operation, { role }: Asker): readonly number[] {
  const { statuses: well = [200, 204], ofInstallation } = samples[operation.name] ?? {};
  if (operation.permission === "everybody") return well;
  if (role === undefined) return [401];
  if (operation.permission === "signed-in") return well;
  if (!isGranted(role, operation.permission)) return [403];
  return role === "member" && ofInstallation === true ? [403] : well;
}

function mayAsk({ permission }: Operation, { role }: Asker): boolean {
  if (permission === "everybody" || permission === "signed-in") return true;
  return role !== undefined && isGranted(role, permission);
}

function judge({ status, body }: Answer, statuses: readonly number[]): string | undefined {
  if (statuses.includes(status)) return undefined;
  return `${status} in place of ${statuses.join(" or ")}: ${JSON.stringify(body)}`;
}

/** @throws an Error when a path has a name that the world has nothing for: samples.ts or tenant.ts must learn of it. */
async function fillPath({ name, path }: Operation, { params }: Sample, world: World): Promise<string> {
  const special = await params?.(world);
  const known = new Map(Object.entries(world));
  let filled = path;
  for (const [placeholder, param = ""] of path.matchAll(/\{(\w+)\}/g)) {
    const value = special?.[param] ?? (await known.get(param)?.());
    if (value === undefined) throw new Error(`${name}: testing/matrix has nothing that a {${param}} could be`);
    filled = filled.replace(placeholder, encodeURIComponent(value));
  }
  return filled;
}
