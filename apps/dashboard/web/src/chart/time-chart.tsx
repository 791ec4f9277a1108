/**
 * Values over time with axes, and what they are at the moment that is pointed at, with the mouse or the arrow keys. For the few charts of the overview, which everybody loads first: the charting
 * library of the other pages is as large as all the rest.
 */
import { ColorSwatch, Group, Paper, Text } from "@mantine/core";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { axisSteps, type Layer, stack, stretches } from "./scale.ts";
import classes from "./time-chart.module.css";

export interface ChartSeries {
  name: string;
  label: string;
  /** Of the theme: `tera.6`. */
  color: string;
}

export interface TimeChartProps {
  /** layers and bars lie on each other; areas and lines do not. Lines go on where nothing is known in between. */
  kind: "layers" | "bars" | "areas" | "lines";
  series: readonly ChartSeries[];
  /** At even distances, the earliest first. */
  rows: readonly { atMs: number; values: Readonly<Record<string, number | null>> }[];
  heightPx: number;
  formatMoment(atMs: number): string;
  formatValue(value: number): string;
}

const width = 1_000;
const height = 1_000;
const momentsShown = 5;
/** Of the room that a bar has. */
const barShare = 0.7;

export function TimeChart({ kind, series, rows, heightPx, formatMoment, formatValue }: TimeChartProps) {
  const [pointedAt, setPointedAt] = useState<number>();
  const isStacked = kind === "layers" || kind === "bars";
  const values = series.map(({ name }) => rows.map((row) => row.values[name] ?? null));
  const layers = isStacked ? stack(values, rows.length) : values.map(alone);
  const tops = layers.flatMap((layer) => layer.map((part) => part?.to ?? 0));
  const steps = axisSteps(Math.max(0, ...tops), tops.every(Number.isInteger));
  const highest = steps.at(-1) ?? 1;
  const room = width / Math.max(1, kind === "bars" ? rows.length : rows.length - 1);
  const xOf = (index: number) => (kind === "bars" ? (index + 0.5) * room : index * room);
  const yOf = (value: number) => height * (1 - value / highest);
  const pointed = pointedAt === undefined ? undefined : rows[pointedAt];

  function point(event: PointerEvent): void {
    const { left, width: widthPx } = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - left) / widthPx;
    setPointedAt(clampIndex(kind === "bars" ? Math.floor(share * rows.length) : Math.round(share * (rows.length - 1))));
  }
  function step(event: KeyboardEvent): void {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setPointedAt(clampIndex((pointedAt ?? (by < 0 ? rows.length : -1)) + by));
  }
  const clampIndex = (index: number) => Math.min(Math.max(index, 0), rows.length - 1);

  return (
    <div className={classes["chart"]} style={{ height: heightPx }}>
      <div className={classes["values"]} aria-hidden="true">
        <span className={classes["widest"]}>{longest(steps.map(formatValue))}</span>
        {steps.map((value) => (
          <span key={value} className={classes["value"]} style={{ top: `${yOf(value) / (height / 100)}%` }}>
            {formatValue(value)}
          </span>
        ))}
      </div>
      <div
        className={classes["plot"]}
        // The arrow keys point at moments, as the mouse does.
        role="slider"
        aria-label="Chart. The arrow keys go from moment to moment."
        aria-valuemin={0}
        aria-valuemax={rows.length - 1}
        aria-valuenow={pointedAt ?? rows.length - 1}
        aria-valuetext={pointed === undefined ? "no moment" : inWords(pointed)}
        tabIndex={0}
        onPointerMove={point}
        onPointerLeave={() => setPointedAt(undefined)}
        onKeyDown={step}
        onBlur={() => setPointedAt(undefined)}
      >
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
          {steps.map((value) => (
            <Line key={value} className={classes["grid"]} x={[0, width]} y={[yOf(value), yOf(value)]} />
          ))}
          {series.map(({ name, color }, index) => (
            <g key={name} style={{ color: colorOf(color) }}>
              {shapesOf(layers[index] ?? [])}
            </g>
          ))}
          {pointedAt !== undefined && kind !== "bars" && (
            <Line className={classes["pointed"]} x={[xOf(pointedAt), xOf(pointedAt)]} y={[0, height]} />
          )}
        </svg>
        {pointed !== undefined && pointedAt !== undefined && (
          <Paper
            withBorder
            shadow="md"
            px="sm"
            py="xs"
            className={classes["told"]}
            style={besideOf(xOf(pointedAt))}
            aria-hidden="true"
          >
            <Text size="xs" fw={600} mb={4}>
              {formatMoment(pointed.atMs)}
            </Text>
            {series.map(({ name, label, color }) => (
              <Group key={name} justify="space-between" gap="lg" wrap="nowrap">
                <Group gap={6} wrap="nowrap">
                  <ColorSwatch size={10} withShadow={false} color={colorOf(color)} />
                  <Text size="xs">{label}</Text>
                </Group>
                <Text size="xs">{toldOf(pointed.values[name])}</Text>
              </Group>
            ))}
          </Paper>
        )}
      </div>
      <div className={classes["moments"]} aria-hidden="true">
        {momentsOf(rows.length).map((index) => (
          <span key={index} className={classes["moment"]} style={besideOf(xOf(index), true)}>
            {formatMoment(rows[index]?.atMs ?? 0)}
          </span>
        ))}
      </div>
    </div>
  );

  function shapesOf(layer: readonly (Layer | undefined)[]) {
    if (kind === "bars") {
      const barWidth = Math.min(room * barShare, 40);
      return layer.map((part, index) =>
        part === undefined || part.to === part.from ? null : (
          <rect
            key={rows[index]?.atMs}
            x={xOf(index) - barWidth / 2}
            width={barWidth}
            y={yOf(part.to)}
            height={yOf(part.from) - yOf(part.to)}
            fill="currentColor"
          />
        ),
      );
    }
    const parts =
      kind === "lines"
        ? [layer.flatMap((value, index) => (value === undefined ? [] : [{ index, value }]))]
        : stretches(layer);
    return parts.map((part) => {
      const top = part.map(({ index, value }) => `${xOf(index)} ${yOf(value.to)}`);
      const bottom = part.toReversed().map(({ index, value }) => `${xOf(index)} ${yOf(value.from)}`);
      return (
        <g key={part[0]?.index ?? 0}>
          {kind !== "lines" && (
            <path
              d={`M${[...top, ...bottom].join("L")}Z`}
              fill="currentColor"
              opacity={kind === "layers" ? 0.7 : 0.2}
            />
          )}
          {kind !== "layers" && top.length > 0 && (
            <path
              d={`M${top.join("L")}`}
              fill="none"
              stroke="currentColor"
              strokeWidth={1.5}
              strokeLinejoin="round"
              vectorEffect="non-scaling-stroke"
            />
          )}
        </g>
      );
    });
  }

  function inWords({ atMs, values }: (typeof rows)[number]): string {
    return [formatMoment(atMs), ...series.map(({ name, label }) => `${label}: ${toldOf(values[name])}`)].join(", ");
  }

  function toldOf(value: number | null | undefined): string {
    return value === null || value === undefined ? "–" : formatValue(value);
  }
}

function Line({ className, x, y }: { className: string | undefined; x: [number, number]; y: [number, number] }) {
  return <line className={className} x1={x[0]} x2={x[1]} y1={y[0]} y2={y[1]} vectorEffect="non-scaling-stroke" />;
}

function alone(values: readonly (number | null)[]): (Layer | undefined)[] {
  return values.map((to) => (to === null ? undefined : { from: 0, to }));
}

function colorOf(color: string): string {
  return `var(--mantine-color-${color.replace(".", "-")})`;
}

/** Never beyond an edge: what stands further right reaches further to the left. @param isCentred over the point itself */
function besideOf(x: number, isCentred = false) {
  const percent = (100 * x) / width;
  if (isCentred) return { left: `${percent}%`, transform: `translateX(-${percent}%)` };
  return percent > 50 ? { right: `calc(${100 - percent}% + 12px)` } : { left: `calc(${percent}% + 12px)` };
}

function momentsOf(count: number): number[] {
  const shown = Math.min(momentsShown, count);
  return [
    ...new Set(Array.from({ length: shown }, (_, index) => Math.round((index * (count - 1)) / Math.max(1, shown - 1)))),
  ];
}

function longest(texts: readonly string[]): string {
  return texts.toSorted((one, other) => other.length - one.length)[0] ?? "";
}
