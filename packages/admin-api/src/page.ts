/** Lists: which part of one is asked for, and how a part is answered. */
import { z } from "zod";

export const pageSizeMax = 200;

/**
 * Query of a list that is counted and can be opened at any page.
 * @param sortable the fields that it can be sorted by; `-name` sorts downwards.
 */
export function pageQuery<Field extends string>(sortable: readonly [Field, ...Field[]], standard: Field | `-${Field}`) {
  const sorts = sortable.flatMap((field): (Field | `-${Field}`)[] => [field, `-${field}`]);
  return z.object({
    page: z.coerce.number().int().min(1).max(100_000).default(1),
    pageSize: z.coerce.number().int().min(1).max(pageSizeMax).default(25),
    search: z.string().trim().max(200).optional(),
    sort: z
      .enum(sorts)
      .optional()
      .transform((sort) => sort ?? standard),
  });
}

/** Answer of such a list: `total` counts all items that match. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), total: z.number().int().nonnegative() });
}

/** Query of a list that only grows and is read from its newest end: `before` is the `next` of the part before. */
export const cursorQuery = z.object({
  before: z.string().max(200).optional(),
  pageSize: z.coerce.number().int().min(1).max(pageSizeMax).default(50),
});

/** Answer of such a list; `next` null: there is no more. */
export function cursorPageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

/** A moment, as ISO 8601 in UTC. */
export const momentSchema = z.iso.datetime({ offset: true });
/** An amount of USD, exact to the nano: `-12.000000001`. */
export const amountSchema = z
  .string()
  .regex(/^-?\d+(\.\d{1,9})?$/, "must be an amount such as 12.50, with nine decimals at most");
