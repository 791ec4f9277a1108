/** The command palette: every page by its name. */
import "@mantine/spotlight/styles.layer.css";
import { Spotlight, spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import type { NavigationEntry } from "./navigation.ts";

export interface PaletteProps {
  entries: readonly NavigationEntry[];
  /** How often it was asked for: it opens each time. */
  openings: number;
}

export function Palette({ entries, openings }: PaletteProps) {
  const navigate = useNavigate();
  useEffect(() => {
    if (openings > 0) spotlight.open();
  }, [openings]);
  return (
    <Spotlight
      shortcut={null}
      highlightQuery
      nothingFound="Nothing has this name"
      searchProps={{
        placeholder: "Go to a page",
        leftSection: <IconSearch size={18} />,
        "aria-label": "Go to a page",
      }}
      actions={entries.map(({ path: to, title, about, icon: Icon }) => ({
        id: to,
        label: title,
        description: about,
        leftSection: <Icon size={20} stroke={1.6} />,
        onClick: () => navigate({ to }),
      }))}
    />
  );
}
