/** Who may sign in: members, invitations that are open, and admin tokens. */
import { Button, Tabs } from "@mantine/core";
import { IconKey, IconMail, IconUserPlus, IconUsers } from "@tabler/icons-react";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../api/session.ts";
import { Page } from "../../shell/page.tsx";
import { InvitationTable } from "./invitation-table.tsx";
import { InviteForm } from "./invite-form.tsx";
import { MemberTable } from "./member-table.tsx";
import { TokenForm } from "./token-form.tsx";
import { TokenTable } from "./token-table.tsx";

const route = getRouteApi("/inside/members");

export function MembersPage() {
  const { tab = "members" } = route.useSearch();
  const navigate = useNavigate({ from: "/members" });
  const mayWrite = useMay("members:write");
  const mayMakeTokens = useMay("tokens:write");
  const [making, setMaking] = useState<"invitation" | "token">();
  const invite = mayWrite && (
    <Button leftSection={<IconUserPlus size={16} />} onClick={() => setMaking("invitation")}>
      Invite
    </Button>
  );
  const token = mayMakeTokens && (
    <Button leftSection={<IconKey size={16} />} onClick={() => setMaking("token")}>
      New token
    </Button>
  );
  return (
    <Page
      title="Members"
      about="People who sign in, and scripts that use the Admin API."
      actions={tab === "tokens" ? token : invite}
    >
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(chosen) =>
          navigate({ search: { tab: chosen === "members" ? undefined : toTab(chosen) }, replace: true })
        }
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="members" leftSection={<IconUsers size={16} />}>
            Members
          </Tabs.Tab>
          <Tabs.Tab value="invitations" leftSection={<IconMail size={16} />}>
            Invitations
          </Tabs.Tab>
          <Tabs.Tab value="tokens" leftSection={<IconKey size={16} />}>
            Admin tokens
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="members">
          <MemberTable />
        </Tabs.Panel>
        <Tabs.Panel value="invitations">
          <InvitationTable action={invite} />
        </Tabs.Panel>
        <Tabs.Panel value="tokens">
          <TokenTable action={token} />
        </Tabs.Panel>
      </Tabs>
      <InviteForm opened={making === "invitation"} onClose={() => setMaking(undefined)} />
      <TokenForm opened={making === "token"} onClose={() => setMaking(undefined)} />
    </Page>
  );
}

const toTab = (text: string | null) => (text === "invitations" || text === "tokens" ? text : undefined);
