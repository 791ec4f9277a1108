/** An amount of USD, exact: all digits that it has, at least two after the point, never rounded. */
import { Text } from "@mantine/core";

/** `1234.5` -> `1,234.50` */
export function formatAmount(amount: string): string {
  const [whole = "0", fraction = ""] = amount.split(".");
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped}.${fraction.padEnd(2, "0")}`;
}

/** @param props.signed with a plus, too: by how much something changed */
export function Usd({ amount, signed = false }: { amount: string; signed?: boolean }) {
  const isNegative = amount.startsWith("-");
  const plus = signed && amount !== "0" ? "+" : "";
  return (
    <Text span inherit className="mono" {...(isNegative ? { c: "red" } : {})}>
      {isNegative ? "−" : plus}${formatAmount(amount.replace("-", ""))}
    </Text>
  );
}
