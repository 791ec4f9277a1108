/** For paths that there are not. */
import { Button, Center, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";

export function NotFound() {
  return (
    <Center mih="70vh" p="lg">
      <Stack align="center" gap="sm">
        <Title order={1} size="h2">
          There is nothing here
        </Title>
        <Text c="dimmed">The address is wrong, or what it named is gone.</Text>
        <Button component={Link} to="/" variant="light">
          To the overview
        </Button>
      </Stack>
    </Center>
  );
}
