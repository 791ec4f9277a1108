/** `/admin/api/accounts/{id}/statements/{month}`: what there was, what came, what was used, what is left; for accounts that get no invoice. */

import { statementSchema } from "@tera/admin-api/invoices";
import { monthSchema } from "@tera/admin-api/money";
import type { Db } from "@tera/database";
import { ChargesDisagreeError, formatUsd, readStatement, type Statement } from "@tera/metering";
import { z } from "zod";
import { mustSee } from "../access/actor.ts";
import type { AdminApp } from "../admin-app.ts";
import type { Documents } from "../documents/documents.ts";
import { sendDocument } from "../documents/send-document.ts";
import { AdminError, notFound } from "../errors.ts";
import { toChargeLine } from "../money/invoice-json.ts";
import { createTurnstile } from "../turnstile.ts";

const params = z.object({ accountId: z.string(), month: monthSchema });
/** Of a statement on the screen; the files have all. */
const linesShownMax = 500;
const readingsAtOnceMax = 2;

/** @param longDb whose statements may take minutes: a month's usage is added up. */
export function registerStatementRoutes(
  app: AdminApp,
  { longDb, documents }: { longDb: Db; documents: Pick<Documents, "make"> },
): void {
  const readings = createTurnstile({ atOnceMax: readingsAtOnceMax, what: "Statements" });

  app.get(
    "/accounts/:accountId/statements/:month",
    {
      config: { permission: "billing:read" },
      schema: { summary: "An account's statement of a month (UTC)", params, response: { 200: statementSchema } },
    },
    async ({ params: { accountId, month }, actor }) => {
      mustSee(actor, accountId);
      const { openingNano, movements, usage, closingNano } = await readings(() => mustRead(accountId, month));
      return {
        month,
        opening: formatUsd(openingNano),
        movements: movements.slice(0, linesShownMax).map(({ at, kind, reason, amountNano }) => ({
          at: at.toISOString(),
          kind,
          reason,
          amount: formatUsd(amountNano),
        })),
        usage: usage.slice(0, linesShownMax).map(toChargeLine),
        usageLines: usage.length,
        used: formatUsd(usage.reduce((sum, { amountNano }) => sum + amountNano, 0n)),
        closing: formatUsd(closingNano),
      };
    },
  );

  for (const format of ["pdf", "csv"] as const) {
    app.get(
      `/accounts/:accountId/statements/:month/${format}`,
      {
        config: { permission: "billing:read" },
        schema: { summary: `The statement as ${format.toUpperCase()}`, params },
      },
      async ({ params: { accountId, month }, actor }, reply) => {
        mustSee(actor, accountId);
        const content = await documents.make({ kind: "statement", accountId, month, format });
        return sendDocument(reply, `statement-${month}`, format, content);
      },
    );
  }

  async function mustRead(accountId: string, month: string): Promise<Statement> {
    try {
      const statement = await readStatement(longDb, { accountId, month });
      if (statement === undefined) throw notFound("account");
      return statement;
    } catch (cause) {
      if (!(cause instanceof ChargesDisagreeError)) throw cause;
      throw new AdminError("conflict", `There is no statement of ${month}. ${cause.message}`, { cause });
    }
  }
}
