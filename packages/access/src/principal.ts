/** `Principal`: who a request comes from, as far as the gateway needs to know. */
import type { AccountKind } from "@tera/database";
import type { LaneClass } from "@tera/protocol";
import type { AddressList } from "./address-list.ts";
import type { Budgets } from "./budget-purse.ts";
import type { Limit } from "./limits.ts";

export interface Principal {
  readonly accountId: string;
  readonly keyId: string;
  /** What is counted for all keys of a rotation together, its budgets, is counted under this one's id. */
  readonly firstKeyId: string;
  /** Model ids that the key may use; null: all. */
  readonly modelScope: ReadonlySet<string> | null;
  readonly laneClass: LaneClass;
  readonly accountKind: AccountKind;
  /** What the key may spend. */
  readonly budgets: Budgets;
  /** Per minute and at once, of the key and of its account; those of the key are counted for a rotation together. */
  readonly limits: readonly Limit[];
  /** Where its requests may come from; null: anywhere. */
  readonly addresses: AddressList | null;
  /** Its owner wants prompts and answers to be kept, cut short, for a while. */
  readonly contentLogging: boolean;
}
