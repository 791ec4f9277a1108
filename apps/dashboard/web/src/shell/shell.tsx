/** The frame around every page behind the sign-in: menu, command palette, who is signed in. */
import { ActionIcon, AppShell, Burger, Group, Kbd, NavLink, ScrollArea, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useSession } from "../api/session.ts";
import { withStyles } from "../styles/with-styles.ts";
import { Logo } from "./logo.tsx";
import { hasPage, navigation } from "./navigation.ts";
import { NotFound } from "./not-found.tsx";
import { UserMenu } from "./user-menu.tsx";

/** Fetched when it is first asked for. */
const Palette = lazy(withStyles(() => import("./palette.tsx").then((file) => ({ default: file.Palette }))));

export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const session = useSession();
  const [paletteOpenings, setPaletteOpenings] = useState(0);
  const openPalette = () => setPaletteOpenings((count) => count + 1);
  useHotkeys([["/", openPalette]]);
  // Also from a field: nobody types it, and the browser would take it for its own search.
  useHotkeys([["mod + K", openPalette]], []);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const entries = navigation.filter(({ permission }) => session.permissions.includes(permission));

  return (
    <AppShell
      padding="lg"
      header={{ height: 56 }}
      navbar={{ width: 224, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
    >
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <UnstyledButton component={Link} to="/" aria-label="Tera, overview">
              <Logo />
            </UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <UnstyledButton onClick={openPalette} visibleFrom="sm">
              <Group
                gap="xs"
                px="sm"
                py={6}
                bd="1px solid var(--mantine-color-default-border)"
                style={{ borderRadius: 8 }}
              >
                <IconSearch size={15} />
                <Text size="sm" c="dimmed">
                  Go to
                </Text>
                <Kbd size="xs">Ctrl K</Kbd>
              </Group>
            </UnstyledButton>
            <ActionIcon
              variant="default"
              size="lg"
              hiddenFrom="sm"
              onClick={openPalette}
              aria-label="Search everything"
            >
              <IconSearch size={18} />
            </ActionIcon>
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>

      <AppShell.Navbar p="sm" aria-label="Pages">
        <ScrollArea>
          {entries.map(({ path: to, title, icon: Icon }) => (
            <NavLink
              key={to}
              component={Link}
              to={to}
              label={title}
              leftSection={<Icon size={18} stroke={1.6} />}
              active={to === "/" ? path === "/" : path.startsWith(to)}
              onClick={close}
              style={{ borderRadius: 8 }}
            />
          ))}
        </ScrollArea>
      </AppShell.Navbar>

      <AppShell.Main>{hasPage(path, session) ? <Outlet /> : <NotFound />}</AppShell.Main>

      {paletteOpenings > 0 && (
        <Suspense fallback={null}>
          <Palette entries={entries} openings={paletteOpenings} />
        </Suspense>
      )}
    </AppShell>
  );
}
