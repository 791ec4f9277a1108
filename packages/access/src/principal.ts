/** `Principal`: who a request comes from, as far as the gateway needs to know. */
import type { LaneClass } from "@tera/protocol";

export interface Principal {
  readonly accountId: string;
  readonly keyId: string;
  /** Model ids that the key may use; null: all. */
  readonly modelScope: ReadonlySet<string> | null;
  readonly laneClass: LaneClass;
}
