/** One's own way in: password, codes of an app, passkeys, browsers that are signed in. */
import { SimpleGrid } from "@mantine/core";
import { useSession } from "../../api/session.ts";
import { Page } from "../../shell/page.tsx";
import { CodesCard } from "./codes-card.tsx";
import { PasskeysCard } from "./passkeys-card.tsx";
import { PasswordCard } from "./password-card.tsx";
import { SessionsCard } from "./sessions-card.tsx";

export function ProfilePage() {
  const { name, email } = useSession();
  return (
    <Page title={name} about={email}>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <PasswordCard />
        <CodesCard />
        <PasskeysCard />
        <SessionsCard />
      </SimpleGrid>
    </Page>
  );
}
