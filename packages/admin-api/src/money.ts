/** Amounts of USD as people enter them: decimal strings that are checked as text, and never become a JavaScript number. */
import { z } from "zod";

const hasDigit = (text: string) => /[1-9]/.test(text);

/** Either way, not 0: ten digits before the point and nine after it at most. */
export const signedAmountInput = z
  .string()
  .trim()
  .regex(
    /^-?\d{1,10}(\.\d{1,9})?$/,
    "must be an amount of USD such as 12.50, below 10 billion and with nine decimals at most",
  )
  .refine(hasDigit, "must not be 0");

/** Above 0. */
export const amountInput = signedAmountInput.refine((text) => !text.startsWith("-"), "must be above 0");

/** What a card is charged: whole cents above 0, less than a million. */
export const centsInput = z
  .string()
  .trim()
  .regex(/^\d{1,6}(\.\d{1,2})?$/, "must be USD in whole cents, such as 25 or 12.50")
  .refine(hasDigit, "must be above 0");

/** USD for a million units: three decimals at most, so that one costs a whole number of nano-USD. */
export const perMillionInput = z
  .string()
  .trim()
  .regex(/^\d{1,7}(\.\d{1,3})?$/, "must be USD with three decimals at most, such as 0.15 or 2.125")
  .refine(isAtMostMillion, "must be at most 1000000");

/** USD for one request: nine decimals at most. */
export const perRequestInput = z
  .string()
  .trim()
  .regex(/^\d{1,7}(\.\d{1,9})?$/, "must be USD with nine decimals at most, such as 0.001")
  .refine(isAtMostMillion, "must be at most 1000000");

/** `19`, `7.5`: from 0 to 100, two decimals at most. */
export const percentInput = z
  .string()
  .trim()
  .regex(/^\d{1,2}(\.\d{1,2})?$|^100(\.0{1,2})?$/, "must be a percentage from 0 to 100, such as 19 or 7.5");

function isAtMostMillion(text: string): boolean {
  const [whole = "", decimals = ""] = text.split(".");
  const digits = whole.replace(/^0+/, "");
  return digits.length < 7 || (digits === "1000000" && !hasDigit(decimals));
}

/** A billing month, of UTC: `2026-11`. */
export const monthSchema = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, "must be a month such as 2026-11");
