/** `Principal`: who a request comes from, as far as the gateway needs to know. */
import type { AccountKind } from "@tera/database";
import type { LaneClass } from "@tera/protocol";

export interface Principal {
  readonly accountId: string;
  readonly keyId: string;
  /** Model ids that the key may use; null: all. */
  readonly modelScope: ReadonlySet<string> | null;
  readonly laneClass: LaneClass;
  readonly accountKind: AccountKind;
  /** What the key may spend, in nano-USD; null: no limit of its own. */
  readonly budgets: {
    readonly dayNano: bigint | null;
    readonly monthNano: bigint | null;
    readonly totalNano: bigint | null;
  };
}
