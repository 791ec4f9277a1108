/** What is shown when a page cannot be: why, and a way to try again. Whose session is over signs in again, and comes back here. */
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { type ErrorComponentProps, Navigate, useRouterState } from "@tanstack/react-router";
import { ApiError } from "../api/client.ts";
import { NotFound } from "./not-found.tsx";

export function Failure({ error, reset }: Pick<ErrorComponentProps, "error" | "reset">) {
  const here = useRouterState({ select: ({ location }) => location.href });
  if (error instanceof ApiError && error.code === "not_found") return <NotFound />;
  if (error instanceof ApiError && error.code === "unauthenticated") {
    return <Navigate to="/sign-in" search={{ to: here }} replace />;
  }
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title="This page could not be shown" m="lg">
      <Stack align="flex-start" gap="xs">
        <Text size="sm">{error instanceof Error ? error.message : String(error)}</Text>
        <Button size="xs" variant="light" color="red" onClick={reset}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}
