/** The frame around every page behind the sign-in: menu, command palette, who is signed in. */
import { ActionIcon, AppShell, Burger, Group, Kbd, NavLink, ScrollArea, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Spotlight, spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useSession } from "../api/session.ts";
import { Logo } from "./logo.tsx";
import { navigation } from "./navigation.ts";
import { UserMenu } from "./user-menu.tsx";

export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const { permissions } = useSession();
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const entries = navigation.filter(({ permission }) => permissions.includes(permission));

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
            <UnstyledButton onClick={spotlight.open} visibleFrom="sm">
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
              onClick={spotlight.open}
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

      <AppShell.Main>
        <Outlet />
      </AppShell.Main>

      <Spotlight
        shortcut={["mod + K", "/"]}
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
    </AppShell>
  );
}
