/** The price book, as commands use it: of Postgres (`stored-prices.ts`), or through an Admin API (`remote/remote-prices.ts`). */
import type { Price } from "@tera/database";
import type { AccountRerating, Correction, NewPrice, PriceStore, ReratingQuery } from "@tera/metering";

export interface CommandPrices extends Pick<PriceStore, "listPrices"> {
  /** By model: what a request is charged now. */
  inForce(): Promise<Map<string, Price>>;
  /** Gateways are told by who calls it, or by the Admin API. @returns `isFirst`: none was in force before. */
  announcePrice(wanted: NewPrice): Promise<{ price: Price; isFirst: boolean }>;
  /** @throws {CliError} where the query names a price that is none of the model. */
  lookAt(query: ReratingQuery): Promise<ReratingLook>;
}

/** What a re-rating would change. */
export interface ReratingLook {
  /** By id. There may be more that change than are here. */
  accounts: AccountRerating[];
  /** Of all accounts: charges that change, accounts that they are of, and requests that have no price. */
  changed: number;
  accountsChanged: number;
  unpriced: number;
  /** Books what was looked at. @param onBooked is called for each account. */
  book(
    wanted: { author: string; reason: string },
    onBooked: (correction: Correction) => void,
  ): Promise<{ reference: string; corrections: Correction[] }>;
}
