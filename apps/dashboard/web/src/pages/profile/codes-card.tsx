/** Time-based codes: set up with an authenticator app, or switched off. */
import { Badge, Button, Code, Group, Modal, PasswordInput, PinInput, SimpleGrid, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { beginCodes, confirmCodes, endCodes, type NewCodes } from "../../api/profile.ts";
import { useSession } from "../../api/session.ts";
import { SecretOnce } from "../../form/secret-once.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { Section } from "../../shell/section.tsx";
import { QrCode } from "./qr-code.tsx";

export function CodesCard() {
  const { twoFactorEnabled } = useSession();
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const [codes, setCodes] = useState<NewCodes>();
  const reload = () => client.invalidateQueries({ queryKey: ["session"] });
  const beginning = useMutation({ mutationFn: beginCodes, onSuccess: setCodes, onError: tellFailure });
  const ending = useMutation({
    mutationFn: endCodes,
    onSuccess: async () => {
      setPassword("");
      tellSuccess("Codes are switched off.");
      await reload();
    },
    onError: tellFailure,
  });
  const [tries, setTries] = useState(0);
  const confirming = useMutation({
    mutationFn: confirmCodes,
    onSuccess: async () => {
      setCodes(undefined);
      setPassword("");
      tellSuccess("Codes are switched on.");
      await reload();
    },
    onError(error) {
      setTries((count) => count + 1);
      tellFailure(error);
    },
  });

  return (
    <Section title="Codes of an app" about="A second factor: six digits from an authenticator app at each sign-in.">
      <Group>
        <Badge variant="light" color={twoFactorEnabled ? "tera" : "gray"}>
          {twoFactorEnabled ? "on" : "off"}
        </Badge>
      </Group>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          (twoFactorEnabled ? ending : beginning).mutate(password);
        }}
      >
        <Stack gap="sm">
          <PasswordInput
            label="Your password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            {twoFactorEnabled ? (
              <Button type="submit" color="red" variant="light" disabled={password === ""} loading={ending.isPending}>
                Switch off
              </Button>
            ) : (
              <Button type="submit" disabled={password === ""} loading={beginning.isPending}>
                Set up
              </Button>
            )}
          </Group>
        </Stack>
      </form>
      <Modal opened={codes !== undefined} onClose={() => setCodes(undefined)} title="Set up codes" size="lg">
        {codes !== undefined && (
          <Stack gap="md">
            <Group align="flex-start" wrap="wrap">
              <QrCode text={codes.uri} label="Scan this with your authenticator app" />
              <Stack gap={4} flex={1} miw={220}>
                <Text size="sm">Scan it with your authenticator app, or type this secret:</Text>
                <Code style={{ overflowWrap: "anywhere" }}>{new URL(codes.uri).searchParams.get("secret")}</Code>
              </Stack>
            </Group>
            <SecretOnce secret={codes.backupCodes.join("\n")} what="backup codes">
              <Text size="sm" c="dimmed">
                Each lets you in once, when the phone is lost.
              </Text>
            </SecretOnce>
            <Stack gap={4}>
              <Text size="sm" fw={500}>
                The code that the app shows now
              </Text>
              <SimpleGrid cols={1}>
                <PinInput
                  // A code that was not right is typed anew from its first digit.
                  key={tries}
                  autoFocus={tries > 0}
                  length={6}
                  type="number"
                  oneTimeCode
                  aria-label="Code"
                  onComplete={(code) => confirming.mutate(code)}
                />
              </SimpleGrid>
            </Stack>
          </Stack>
        )}
      </Modal>
    </Section>
  );
}
