/** Something could not be loaded: why, and a way to try again, or in again for whose session is over. */
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { ApiError } from "../api/client.ts";
import { wayIn } from "../shell/way-in.ts";

/** @param what at the beginning of a sentence: `Accounts`, `The usage` */
export function NotLoaded({ what, error, onRetry }: { what: string; error: Error; onRetry(): unknown }) {
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title={`${what} could not be loaded`}>
      <Stack align="flex-start" gap="xs">
        <Text size="sm">{error.message}</Text>
        {error instanceof ApiError && error.code === "unauthenticated" ? (
          <Button size="xs" variant="light" color="red" component="a" href={wayIn()}>
            Sign in
          </Button>
        ) : (
          <Button size="xs" variant="light" color="red" onClick={() => onRetry()}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
