/** What a model costs, exact, in as few words as it takes. */
import { Badge, Text, Tooltip } from "@mantine/core";
import type { ModelPrice } from "@tera/admin-api/models";
import { formatAmount } from "../../format/usd.tsx";

interface Part {
  amount: string;
  unit: string;
}

/** The amounts that are not 0. */
export function priceParts({ input, output, cacheRead, perMillionCharacters, request }: ModelPrice): Part[] {
  const isText = isAboveZero(input) || isAboveZero(output);
  const parts = [
    { amount: input, unit: "per million input tokens", shown: isText },
    { amount: output, unit: "per million output tokens", shown: isText },
    { amount: cacheRead, unit: "per million cached input tokens", shown: isText && cacheRead !== input },
    { amount: perMillionCharacters, unit: "per million characters", shown: isAboveZero(perMillionCharacters) },
    { amount: request, unit: "per request", shown: isAboveZero(request) },
  ];
  return parts.filter(({ shown }) => shown);
}

/** One line for a table: `$0.15 / $0.60`, the rest on hover. */
export function PriceText({ price }: { price: ModelPrice | null }) {
  if (price === null) {
    return (
      <Badge color="orange" variant="light">
        no price
      </Badge>
    );
  }
  if (price.free) {
    return (
      <Badge color="tera" variant="light">
        free
      </Badge>
    );
  }
  const parts = priceParts(price);
  const isText = isAboveZero(price.input) || isAboveZero(price.output);
  const short = (isText ? parts.slice(0, 2) : parts.slice(0, 1)).map(({ amount }) => `$${formatAmount(amount)}`);
  return (
    <Tooltip
      multiline
      label={parts.map(({ amount, unit }) => (
        <div key={unit}>
          ${formatAmount(amount)} {unit}
        </div>
      ))}
    >
      <Text span size="sm" className="mono" style={{ whiteSpace: "nowrap" }}>
        {short.join(" / ")}
        {!isText && parts[0] !== undefined && ` ${parts[0].unit}`}
      </Text>
    </Tooltip>
  );
}

function isAboveZero(amount: string): boolean {
  return /[1-9]/.test(amount);
}
