/** Something could not be loaded: why, and a way to try again. */
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";

/** @param what at the beginning of a sentence: `Accounts`, `The usage` */
export function NotLoaded({ what, error, onRetry }: { what: string; error: Error; onRetry(): unknown }) {
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title={`${what} could not be loaded`}>
      <Stack align="flex-start" gap="xs">
        <Text size="sm">{error.message}</Text>
        <Button size="xs" variant="light" color="red" onClick={() => onRetry()}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}
