/** Logs and metrics: one place that decides their form. */
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from "./logger.ts";
export { Counter, createMetrics, Gauge, Histogram, type Registry } from "./metrics.ts";
