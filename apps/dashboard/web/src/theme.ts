/** Colours, shapes and the standard look of components. */
import { createTheme, type MantineColorsTuple } from "@mantine/core";

const tera: MantineColorsTuple = [
  "#e4fbf6",
  "#d2f3eb",
  "#a6e6d7",
  "#77d8c2",
  "#50cdb0",
  "#37c6a5",
  "#20b896",
  "#0c8f7e",
  "#057465",
  "#005c50",
];

export const theme = createTheme({
  primaryColor: "tera",
  primaryShade: { light: 8, dark: 6 },
  autoContrast: true,
  colors: { tera },
  defaultRadius: "md",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace",
  headings: { fontWeight: "650" },
  cursorType: "pointer",
});
