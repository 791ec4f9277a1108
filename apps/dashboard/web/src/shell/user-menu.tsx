/** Who is signed in: colours, profile, sign-out. */
import {
  Avatar,
  Menu,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
  VisuallyHidden,
} from "@mantine/core";
import { IconLogout, IconMoon, IconSun, IconUserCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { signOut, useSession } from "../api/session.ts";
import { tellFailure } from "../format/tell.ts";

export function UserMenu() {
  const { name, email, role } = useSession();
  const scheme = useComputedColorScheme("light");
  const { setColorScheme } = useMantineColorScheme();

  async function leave() {
    try {
      await signOut();
      // Loaded anew, so that nothing that was seen stays in memory, and no page below asks once more without a session.
      window.location.assign("/sign-in");
    } catch (error) {
      tellFailure(error);
    }
  }

  return (
    <Menu width={240} position="bottom-end">
      <Menu.Target>
        <UnstyledButton>
          <Avatar name={name} color="initials" radius="xl" size={34} aria-hidden />
          <VisuallyHidden>{name}: account menu</VisuallyHidden>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate>
            {name}
          </Text>
          <Text size="xs" truncate>
            {email} · {role}
          </Text>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item component={Link} to="/profile" leftSection={<IconUserCircle size={16} />}>
          Profile and sign-in
        </Menu.Item>
        <Menu.Item
          leftSection={scheme === "dark" ? <IconSun size={16} /> : <IconMoon size={16} />}
          onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}
        >
          {scheme === "dark" ? "Light colours" : "Dark colours"}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={leave}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
