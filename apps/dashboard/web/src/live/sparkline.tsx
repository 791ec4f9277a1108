/** A line without axes, for a glance: what is told beside it in figures is what counts. */
import classes from "./sparkline.module.css";

const width = 120;
const height = 32;
/** Room for the stroke. */
const margin = 2;

export interface SparklineProps {
  /** Oldest first; null: nothing is known, the line is broken. */
  values: readonly (number | null)[];
  /** A colour of the theme's variables: `tera-6`. */
  color: string;
}

export function Sparkline({ values, color }: SparklineProps) {
  const lines = toLines(values);
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className={classes["sparkline"]}
      style={{ color: `var(--mantine-color-${color})` }}
      aria-hidden="true"
    >
      {lines.map(({ path, firstX, lastX }) => (
        <g key={firstX}>
          <path d={`${path}L${lastX} ${height}L${firstX} ${height}Z`} fill="currentColor" opacity={0.14} />
          <path d={path} fill="none" stroke="currentColor" strokeWidth={1.5} vectorEffect="non-scaling-stroke" />
        </g>
      ))}
    </svg>
  );
}

interface Line {
  path: string;
  firstX: string;
  lastX: string;
}

function toLines(values: readonly (number | null)[]): Line[] {
  const highest = Math.max(0, ...values.map((value) => value ?? 0));
  const step = width / Math.max(1, values.length - 1);
  const lines: { x: string; y: string }[][] = [[]];
  for (const [index, value] of values.entries()) {
    if (value === null) {
      lines.push([]);
      continue;
    }
    const share = highest === 0 ? 0 : value / highest;
    const y = height - margin - share * (height - 2 * margin);
    lines.at(-1)?.push({ x: (index * step).toFixed(1), y: y.toFixed(1) });
  }
  return lines.flatMap((points) => {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined || points.length < 2) return [];
    return [{ path: `M${points.map(({ x, y }) => `${x} ${y}`).join("L")}`, firstX: first.x, lastX: last.x }];
  });
}
