/** Colours, shapes and the standard look of components. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

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
  primaryShade: 8,
  autoContrast: true,
  colors: { tera },
  defaultRadius: "md",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace",
  headings: { fontWeight: "650" },
  cursorType: "pointer",
  components: {
    // In a narrow column, a word that is cut says nothing. Words as the API has them: a filter or a script finds what is read here.
    Badge: { defaultProps: { miw: "max-content", tt: "none" } },
    Modal: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Drawer: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
  },
});

/** Words that stand back, and words on a light ground of their own colour: still easy to read, with a contrast of 4.5 and more. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5c636a",
    "--mantine-color-placeholder": "#6c737a",
    "--mantine-color-orange-light-color": "#a33603",
    "--mantine-color-yellow-light-color": "#8a4b00",
  },
  dark: { "--mantine-color-dimmed": "#aaaaaa", "--mantine-color-placeholder": "#979797" },
});
