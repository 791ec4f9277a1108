/** Usage, as commands read it: of Postgres (`stored-usage.ts`), or through an Admin API (`remote/remote-usage.ts`). */
import type { RequestContent as KeptContent } from "@tera/admin-api/requests";
import type { Price, RefusedRequest } from "@tera/database";
import type {
  ExportedUsage,
  PricedUsage,
  RefusalSum,
  ReportedUsage,
  RequestDescription,
  RequestPosition,
  UsageFilter,
  UsageGroup,
  UsageSum,
} from "@tera/metering";

/** A request that was admitted. */
export type CommandRequest = Omit<ReportedUsage, "holds">;

/** Of the price, what is shown. */
export interface CommandPriced extends Omit<PricedUsage, "price"> {
  price: Pick<Price, "id" | "validFrom" | "revision">;
}

type Cost = RequestDescription["cost"];

export interface CommandDescription extends Omit<RequestDescription, "usage" | "cost"> {
  usage: CommandRequest;
  cost: Omit<Cost, "charged" | "corrections"> & {
    charged: CommandPriced | undefined;
    corrections: (Omit<Cost["corrections"][number], "priced"> & { priced: CommandPriced })[];
  };
}

/** What was asked and answered. */
export interface CommandContent extends Pick<KeptContent, "prompt" | "answer"> {
  requestId: string;
  accountId: string;
  keyId: string;
  expiresAt: Date;
}

type RequestFilter = UsageFilter & {
  status?: CommandRequest["status"] | undefined;
  lane?: CommandRequest["lane"] | undefined;
};

export interface CommandUsage {
  /** @param filter its beginning is that of an hour. */
  summarize(filter: UsageFilter, by: UsageGroup, limit: number): Promise<{ rows: UsageSum[]; total: UsageSum }>;
  /** The latest first. @param after the last one of the page before. */
  lastRequests(filter: RequestFilter, limit: number, after: RequestPosition | undefined): Promise<CommandRequest[]>;
  lastRefused(filter: UsageFilter, limit: number, after: RequestPosition | undefined): Promise<RefusedRequest[]>;
  countRefused(filter: UsageFilter): Promise<RefusalSum[]>;
  /** Undefined: nothing is kept of it. */
  findPosition(requestId: string): Promise<RequestPosition | undefined>;
  /** Neither: nothing is kept of it. */
  find(requestId: string): Promise<{
    description: CommandDescription | undefined;
    refused: RefusedRequest | undefined;
  }>;
  findContent(requestId: string): Promise<CommandContent | undefined>;
  /** In the order of admission. @param onBatch the next batch is read when it has resolved. */
  exportAll(filter: UsageFilter, onBatch: (batch: ExportedUsage[]) => Promise<void>): Promise<void>;
}
