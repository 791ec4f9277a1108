/** A text as a QR code, drawn here: the secret in it goes nowhere. */
import { Paper } from "@mantine/core";
import { encode } from "uqr";

const pixel = 4;

export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 2 });
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <Paper p={4} bg="white" withBorder>
      <svg role="img" aria-label={label} width={size * pixel} height={size * pixel} viewBox={`0 0 ${size} ${size}`}>
        <title>{label}</title>
        <path d={dark.join("")} fill="black" shapeRendering="crispEdges" />
      </svg>
    </Paper>
  );
}
