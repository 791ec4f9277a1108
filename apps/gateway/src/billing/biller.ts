/**
 * The biller: finds the price of a request, and holds what it can cost in every purse that it is charged to: the account's, where that is prepaid, and one for each budget of
 * the key. No purse, no hold, and no promise.
 *
 * A client that named no `max_tokens` is not refused because a model could write much: the output is then capped at what the purses cover.
 */
import { type BudgetPurse, budgetPurses, type Principal } from "@tera/access";
import { databaseReason, isDatabaseUnavailable, type Price } from "@tera/database";
import {
  boundCost,
  type CostBound,
  type CreditDesk,
  type CreditHold,
  type CreditStore,
  formatUsd,
  isRefusal,
  rateRecord,
} from "@tera/metering";
import { type Billing, type BillingLane, type GenerationRequest, TeraError, type UsageRecord } from "@tera/protocol";
import type { PriceList } from "./price-list.ts";

/** Where no engine and no operator says how much a model may write. */
const outputTokensMaxUnknown = 131_072;
/** Tries to hold what was available a moment ago. */
const capTriesMax = 4;
const knownPursesMax = 100_000;

export interface Bill {
  readonly billing: Billing;
  /** The request, its output capped if its purses cover no more. */
  readonly request: GenerationRequest;
  /** What the record costs, nano-USD. */
  chargeOf(record: UsageRecord): bigint;
  /** Exactly once: turns the holds into what the record costs, or lets them go. */
  close(record: UsageRecord): void;
}

export interface Biller {
  /** @throws {TeraError} `insufficient_quota` naming what is covered; `no_replica` for a model without a price; `database_unavailable`. */
  open(
    principal: Principal,
    request: GenerationRequest,
    admittedAtMs: number,
    lane?: BillingLane,
  ): Bill | Promise<Bill>;
}

export interface BillerOptions {
  priceList: Pick<PriceList, "at">;
  desk: Pick<CreditDesk, "hold">;
  creditStore: Pick<CreditStore, "ensureKeyPurse">;
  /** Models without a price are served for nothing. */
  unpricedIsFree: boolean;
  /** Tokens that an answer of the model may have; undefined: nobody says. */
  outputTokensMax(model: string): number | undefined;
}

type Purse = BudgetPurse | { readonly id: string; readonly kind: "account" };

export function createBiller(options: BillerOptions): Biller {
  const { priceList, desk, creditStore, unpricedIsFree, outputTokensMax } = options;
  const knownPurses = new Set<string>();

  async function ensure(purse: Purse): Promise<void> {
    if (purse.kind === "account" || knownPurses.has(purse.id)) return;
    await creditStore.ensureKeyPurse(purse);
    if (knownPurses.size >= knownPursesMax) knownPurses.clear();
    knownPurses.add(purse.id);
  }

  /** Holds `tokens` of output, or, where the client named none, as many as the purse covers. @returns the hold and how many tokens it is for. */
  async function holdIn(
    purse: Purse,
    bound: CostBound,
    tokens: number,
    lane: BillingLane,
  ): Promise<{ hold: CreditHold; tokens: number }> {
    let wanted = tokens;
    for (let tries = 0; tries < capTriesMax; tries++) {
      const amountNano = costOf(bound, wanted);
      const result = await desk.hold({ purseId: purse.id, neededNano: amountNano, wantedNano: amountNano });
      if (!isRefusal(result)) return { hold: result, tokens: wanted };
      const covered = coveredTokens(bound, result.availableNano);
      // A line of a batch can wait for what its siblings hold; cut short, it would be a result that nobody wanted.
      if (lane === "batch" || bound.outputTokens !== undefined || covered < 1)
        throw notCovered(purse, bound, tokens, result.availableNano);
      wanted = Math.min(wanted - 1, covered);
    }
    throw notCovered(purse, bound, tokens, 0n);
  }

  async function holdAll(
    request: GenerationRequest,
    price: Price,
    purses: readonly Purse[],
    lane: BillingLane,
  ): Promise<Bill> {
    const bound = boundCost(request, price, lane);
    const asked = bound.outputTokens ?? outputTokensMax(request.model) ?? outputTokensMaxUnknown;
    const holds: CreditHold[] = [];
    let tokens = asked;
    try {
      for (const purse of purses) {
        await ensure(purse);
        const held = await holdIn(purse, bound, tokens, lane);
        holds.push(held.hold);
        tokens = held.tokens;
      }
    } catch (error) {
      for (const hold of holds) hold.settle(0n);
      if (!isDatabaseUnavailable(error)) throw error;
      throw new TeraError("database_unavailable", "The service cannot check credit right now. Try again shortly.", {
        detail: databaseReason(error),
        retryAfterS: 2,
      });
    }
    const chargeOf = (record: UsageRecord) => rateRecord(record, price, lane);
    return {
      billing: {
        ...laneOf(lane),
        priceId: price.id,
        holds: holds.map(({ purseId, leaseId }) => ({ purseId, leaseId })),
      },
      request: tokens < asked ? capOutput(request, tokens) : request,
      chargeOf,
      close(record) {
        const chargeNano = chargeOf(record);
        for (const hold of holds) hold.settle(chargeNano);
      },
    };
  }

  return {
    open(principal, request, admittedAtMs, lane = "interactive") {
      const price = priceList.at(request.model, admittedAtMs);
      if (price === undefined && !unpricedIsFree) {
        throw new TeraError("no_replica", `The model \`${request.model}\` has no price yet, so it is not offered.`, {
          retryAfterS: 60,
        });
      }
      const purses = price === undefined || price.isFree ? [] : pursesOf(principal, admittedAtMs);
      if (price === undefined || purses.length === 0) {
        // A postpaid account owes what it uses: its purse is charged, and needs no hold.
        const holds = price === undefined || price.isFree ? [] : [{ purseId: principal.accountId }];
        return {
          billing: { ...laneOf(lane), priceId: price?.id, holds },
          request,
          chargeOf: (record) => (price === undefined ? 0n : rateRecord(record, price, lane)),
          close: () => undefined,
        };
      }
      return holdAll(request, price, purses, lane).then((bill) =>
        principal.accountKind === "prepaid"
          ? bill
          : { ...bill, billing: { ...bill.billing, holds: [{ purseId: principal.accountId }, ...bill.billing.holds] } },
      );
    },
  };
}

/** The purses in which something must be held. */
function pursesOf({ accountId, accountKind, firstKeyId, budgets }: Principal, epochMs: number): Purse[] {
  const own = budgetPurses(firstKeyId, budgets, epochMs);
  return accountKind === "prepaid" ? [{ id: accountId, kind: "account" }, ...own] : own;
}

/** Said only where it is not the usual one: it travels with every job. */
function laneOf(lane: BillingLane): { lane?: BillingLane } {
  return lane === "interactive" ? {} : { lane };
}

function costOf({ baseNano, perOutputTokenNano }: CostBound, tokens: number): bigint {
  return baseNano + perOutputTokenNano * BigInt(tokens);
}

/** Output tokens per choice that an amount covers; -1: not even the prompt. */
function coveredTokens({ baseNano, perOutputTokenNano }: CostBound, availableNano: bigint): number {
  if (availableNano < baseNano) return -1;
  if (perOutputTokenNano === 0n) return Number.MAX_SAFE_INTEGER;
  return Number((availableNano - baseNano) / perOutputTokenNano);
}

function capOutput(request: GenerationRequest, maxTokens: number): GenerationRequest {
  return request.kind === "speech" ? request : { ...request, sampling: { ...request.sampling, maxTokens } };
}

const purseNames = {
  account: "the account's credit",
  key_day: "this API key's budget for today",
  key_month: "this API key's budget for this month",
  key_total: "this API key's budget",
};

function notCovered(purse: Purse, bound: CostBound, tokens: number, availableNano: bigint): TeraError {
  const covered = coveredTokens(bound, availableNano);
  const named = bound.outputTokens !== undefined && covered >= 1 && bound.perOutputTokenNano > 0n;
  const what = `This request can cost up to $${formatUsd(costOf(bound, bound.outputTokens === undefined ? 1 : tokens))}, and ${purseNames[purse.kind]} covers $${formatUsd(availableNano < 0n ? 0n : availableNano)}.`;
  const advice = named ? ` Ask for at most ${covered} tokens (max_tokens).` : "";
  return new TeraError("insufficient_quota", what + advice, { param: named ? "max_tokens" : undefined });
}
