/** The matrix of rights as a table: a row for each operation, a column for each role; what a person and a token get, where they differ. */
import { roles } from "@tera/admin-api/roles";
import type { Cell } from "./matrix.ts";

const columns = ["nobody", ...roles.filter((role) => role !== "member"), "customer", "other's"] as const;

export function printMatrix(cells: readonly Cell[]): string {
  const rows = [...Map.groupBy(cells, ({ operation }) => operation)].map(([{ name, permission }, ofOperation]) => [
    name,
    permission,
    ...columns.map((column) => {
      const statuses = new Set(ofOperation.filter((cell) => columnOf(cell) === column).map(({ status }) => status));
      return statuses.size === 0 ? "-" : [...statuses].join("/");
    }),
  ]);
  const table = [["operation", "permission", ...columns], ...rows];
  const widths = (table[0] ?? []).map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function columnOf({ asker: { role }, isForeign }: Cell): (typeof columns)[number] {
  if (role === undefined) return "nobody";
  if (role !== "member") return role;
  return isForeign ? "other's" : "customer";
}
