/** What is shown when a page cannot be: why, and a way to try again. Whose session is over signs in again, and comes back here. */
import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { ApiError } from "../api/client.ts";
import { NotFound } from "./not-found.tsx";
import { wayIn } from "./way-in.ts";

export function Failure({ error, reset }: Pick<ErrorComponentProps, "error" | "reset">) {
  if (error instanceof ApiError && error.code === "not_found") return <NotFound />;
  if (error instanceof ApiError && error.code === "unauthenticated") return <SignInAgain />;
  return <TryAgain error={error} reset={reset} />;
}

function TryAgain({ error, reset }: Pick<ErrorComponentProps, "error" | "reset">) {
  const router = useRouter();
  const { reset: forgetFailures } = useQueryErrorResetBoundary();
  function tryAgain() {
    // What is no answer of the server is a file that did not come, as after an update, or a fault of ours: neither is cured by drawing it again.
    if (!(error instanceof ApiError)) return window.location.reload();
    // What failed may be a query of the page, which otherwise fails again unasked, or what is asked for before any page.
    forgetFailures();
    reset();
    void router.invalidate();
  }
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title="This page could not be shown" m="lg">
      <Stack align="flex-start" gap="xs">
        <Text size="sm">{error instanceof Error ? error.message : String(error)}</Text>
        <Button size="xs" variant="light" color="red" onClick={tryAgain}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}

/** Loads the sign-in anew: nothing that was seen stays in memory, and no page below is shown again without a session, which would fail and lead here for ever. */
function SignInAgain() {
  useEffect(() => {
    window.location.replace(wayIn());
  }, []);
  return null;
}
