/** Sign-in: password and, where it is set up, a code; a passkey; an identity provider. */
import { Alert, Button, Divider, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconFingerprint } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { queryClient } from "../../api/query-client.ts";
import { sessionQuery } from "../../api/session.ts";
import { signIn, signInWaysQuery, signInWithCode, signInWithPasskey, signInWithProvider } from "../../api/sign-in.ts";
import { Door } from "./door.tsx";
import { describeProviderRefusal } from "./provider-refusal.ts";

const route = getRouteApi("/sign-in");

export function SignInPage() {
  const [step, setStep] = useState<"password" | "code">("password");
  const { to = "/", error } = route.useSearch();
  const navigate = useNavigate();
  const ways = useQuery(signInWaysQuery);

  async function enter() {
    // Not only told that it is stale: what is known, that nobody is signed in, would send us back here.
    await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
    // Whoever goes back then does not stand before the door again.
    await navigate({ href: to, replace: true });
  }

  if (ways.data?.hasMembers === false) {
    return (
      <Door title="Welcome to Tera">
        <Alert color="tera" variant="light">
          Nobody can sign in yet. Open the one-time link that <code>tera up</code> printed, or make a new one with{" "}
          <code>tera admin invite</code>.
        </Alert>
      </Door>
    );
  }
  if (step === "code") return <CodeForm onDone={enter} />;
  return (
    <Door title="Sign in">
      {error !== undefined && <Refusal message={describeProviderRefusal(error)} />}
      <PasswordForm onDone={enter} onCode={() => setStep("code")} />
      <Divider label="or" />
      <OtherWays oidc={ways.data?.oidc ?? null} to={to} onDone={enter} />
    </Door>
  );
}

function PasswordForm({ onDone, onCode }: { onDone: () => Promise<void>; onCode: () => void }) {
  const form = useForm({ initialValues: { email: "", password: "" } });
  const entering = useMutation({
    mutationFn: async ({ email, password }: typeof form.values) => {
      if ((await signIn(email, password)) === "needs code") onCode();
      else await onDone();
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => entering.mutate(values))}>
      <Stack gap="sm">
        <Refusal message={entering.error?.message} />
        <TextInput
          label="E-mail"
          type="email"
          required
          autoFocus
          autoComplete="username webauthn"
          {...form.getInputProps("email")}
        />
        <PasswordInput label="Password" required autoComplete="current-password" {...form.getInputProps("password")} />
        <Button type="submit" loading={entering.isPending} fullWidth mt="xs">
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

function CodeForm({ onDone }: { onDone: () => Promise<void> }) {
  const form = useForm({ initialValues: { code: "" } });
  const entering = useMutation({
    mutationFn: async ({ code }: typeof form.values) => {
      await signInWithCode(code);
      await onDone();
    },
  });
  return (
    <Door title="Your code" about="Six digits from your authenticator app, or one of your backup codes.">
      <form onSubmit={form.onSubmit((values) => entering.mutate(values))}>
        <Stack gap="sm">
          <Refusal message={entering.error?.message} />
          <TextInput
            label="Code"
            required
            autoFocus
            inputMode="numeric"
            autoComplete="one-time-code"
            {...form.getInputProps("code")}
          />
          <Button type="submit" loading={entering.isPending} fullWidth>
            Sign in
          </Button>
        </Stack>
      </form>
    </Door>
  );
}

function OtherWays({ oidc, to, onDone }: { oidc: string | null; to: string; onDone: () => Promise<void> }) {
  const passkey = useMutation({
    mutationFn: async () => {
      await signInWithPasskey();
      await onDone();
    },
  });
  const provider = useMutation({ mutationFn: () => signInWithProvider(to) });
  return (
    <Stack gap="sm">
      <Refusal message={(passkey.error ?? provider.error)?.message} />
      <Button
        variant="default"
        leftSection={<IconFingerprint size={18} />}
        loading={passkey.isPending}
        onClick={() => passkey.mutate()}
      >
        With a passkey
      </Button>
      {oidc !== null && (
        <Button variant="default" loading={provider.isPending} onClick={() => provider.mutate()}>
          {oidc}
        </Button>
      )}
    </Stack>
  );
}

function Refusal({ message }: { message: string | undefined }) {
  if (message === undefined) return null;
  return (
    <Alert color="red" variant="light" role="alert">
      {message}
    </Alert>
  );
}
