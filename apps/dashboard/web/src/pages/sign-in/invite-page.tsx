/** An invitation is accepted: name and password, and one is in. */
import { Alert, Button, Center, Loader, PasswordInput, Stack, TextInput } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { acceptInvitationSchema, type OpenedInvitation, passwordLengthMin } from "../../../../api/session.ts";
import { queryClient } from "../../api/query-client.ts";
import { sessionQuery } from "../../api/session.ts";
import { acceptInvitation, invitationQuery } from "../../api/sign-in.ts";
import { Door } from "./door.tsx";

export function InvitePage() {
  const [token] = useState(() => window.location.hash.slice(1));
  const invitation = useQuery({ ...invitationQuery(token), retry: false });
  if (invitation.isPending) {
    return (
      <Center mih="100vh">
        <Loader />
      </Center>
    );
  }
  if (invitation.isError) {
    return (
      <Door title="This link does not work">
        <Alert color="red" variant="light">
          {invitation.error.message}
        </Alert>
        <Button component={Link} to="/sign-in" variant="default">
          Sign in
        </Button>
      </Door>
    );
  }
  return <AcceptForm token={token} invitation={invitation.data} />;
}

function AcceptForm({ token, invitation }: { token: string; invitation: OpenedInvitation }) {
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { token, name: "", email: invitation.email ?? "", password: "" },
    validate: schemaResolver(acceptInvitationSchema, { sync: true }),
  });
  const accepting = useMutation({
    mutationFn: acceptInvitation,
    onSuccess: async () => {
      await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
      // The link works once: nobody shall come back to it.
      await navigate({ to: "/", replace: true });
    },
  });
  return (
    <Door title={invitation.resets ? "Set a new password" : "Welcome to Tera"} about={describe(invitation)}>
      <form onSubmit={form.onSubmit((values) => accepting.mutate(values))}>
        <Stack gap="sm">
          {accepting.isError && (
            <Alert color="red" variant="light" role="alert">
              {accepting.error.message}
            </Alert>
          )}
          <TextInput label="Your name" required autoFocus autoComplete="name" {...form.getInputProps("name")} />
          <TextInput
            label="E-mail"
            type="email"
            required
            autoComplete="username"
            readOnly={invitation.email !== null}
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label="Password"
            description={`At least ${passwordLengthMin} characters; a few words are best.`}
            required
            autoComplete="new-password"
            {...form.getInputProps("password")}
          />
          <Button type="submit" loading={accepting.isPending} fullWidth mt="xs">
            {invitation.resets ? "Set it and sign in" : "Come in"}
          </Button>
        </Stack>
      </form>
    </Door>
  );
}

function describe({ role, account, resets }: OpenedInvitation): string {
  if (resets) return "You are signed out everywhere else.";
  return account === null ? `You become ${role} of this installation.` : `You become a member of ${account}.`;
}
