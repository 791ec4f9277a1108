/** A call in several languages, each to copy. */
import { Code, Group, ScrollArea, Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { CopyButton } from "../../form/copy-button.tsx";

export interface CodeTabsProps {
  /** The first one is shown. */
  samples: readonly [{ name: string; code: string }, ...{ name: string; code: string }[]];
  heightMaxPx: number;
  copyLabel?: string;
  /** Beside the button. */
  children?: ReactNode;
}

export function CodeTabs({ samples, heightMaxPx, copyLabel = "Copy", children }: CodeTabsProps) {
  return (
    <Tabs defaultValue={samples[0].name}>
      <Tabs.List mb="xs">
        {samples.map(({ name }) => (
          <Tabs.Tab key={name} value={name}>
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {samples.map(({ name, code }) => (
        <Tabs.Panel key={name} value={name}>
          <ScrollArea.Autosize mah={heightMaxPx} viewportProps={{ tabIndex: 0 }}>
            <Code block>{code}</Code>
          </ScrollArea.Autosize>
          <Group justify={children === undefined ? "flex-end" : "space-between"} mt="xs">
            {children}
            <CopyButton text={code} label={copyLabel} />
          </Group>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
