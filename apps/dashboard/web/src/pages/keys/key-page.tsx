/** One key: its state, budgets, settings, usage and rotation, and what can be done with it. */
import { Anchor, Button, Menu, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconBan, IconDots, IconHistory, IconPlayerPause, IconPlayerPlay, IconRefresh } from "@tabler/icons-react";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { keyQuery, useSwitchKey } from "../../api/keys.ts";
import { useMay, useSession } from "../../api/session.ts";
import { confirm } from "../../dialog/confirm.tsx";
import { Ago } from "../../format/ago.tsx";
import { Moment } from "../../format/moment.tsx";
import { tellFailure, tellSuccess } from "../../format/tell.ts";
import { Fact } from "../../shell/fact.tsx";
import { Page } from "../../shell/page.tsx";
import { DailyUsageCard } from "../../usage/daily-usage-card.tsx";
import { KeyBudgets } from "./key-budgets.tsx";
import { KeyNotice } from "./key-notice.tsx";
import { KeyRotation } from "./key-rotation.tsx";
import { KeySettingsCard } from "./key-settings-card.tsx";
import { KeyStanding } from "./key-state.tsx";
import { RevokeKeyModal } from "./revoke-key-modal.tsx";

const ChangeKeyDrawer = lazy(() =>
  import("./change-key-drawer.tsx").then((file) => ({ default: file.ChangeKeyDrawer })),
);
const RotateKeyModal = lazy(() => import("./rotate-key-modal.tsx").then((file) => ({ default: file.RotateKeyModal })));

const route = getRouteApi("/inside/keys/$keyId");

export function KeyPage() {
  const { keyId } = route.useParams();
  const { data: key } = useSuspenseQuery(keyQuery(keyId));
  const navigate = useNavigate();
  const mayWrite = useMay("keys:write") && key.state !== "revoked";
  const mayAudit = useMay("audit:read");
  const switching = useSwitchKey(keyId);
  const [opened, setOpened] = useState<"change" | "rotate" | "revoke">();
  const close = () => setOpened(undefined);
  const isDisabled = key.disabledAt !== null;
  const isCustomer = useSession().accounts !== null;
  const canRotate = key.state === "active" && key.successorId === null;

  function askToSwitch() {
    const action = isDisabled ? "enable" : "disable";
    confirm({
      title: isDisabled ? `Enable ${key.name}?` : `Disable ${key.name}?`,
      children: (
        <Text size="sm">
          {isDisabled
            ? "It opens the API again, within a second."
            : "It opens nothing until it is enabled again. What is under way goes on."}
        </Text>
      ),
      labels: { confirm: isDisabled ? "Enable" : "Disable", cancel: "Cancel" },
      confirmProps: isDisabled ? {} : { color: "red" },
      onConfirm: () =>
        switching.mutate(action, {
          onSuccess: ({ name }) => tellSuccess(`${name} is ${action}d.`),
          onError: tellFailure,
        }),
    });
  }

  return (
    <Page
      title={key.name}
      about={
        <span className="mono">
          sk-tera-…{key.lastFour} · {key.id}
        </span>
      }
      actions={
        <>
          {mayWrite && (
            <>
              <Button variant="default" onClick={() => setOpened("change")}>
                Change
              </Button>
              {canRotate && (
                <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={() => setOpened("rotate")}>
                  Rotate
                </Button>
              )}
            </>
          )}
          {(mayWrite || mayAudit) && (
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default" px="xs" aria-label="More actions" loading={switching.isPending}>
                  <IconDots size={18} />
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {mayAudit && (
                  <Menu.Item
                    leftSection={<IconHistory size={16} />}
                    onClick={() => navigate({ to: "/audit", search: { objectId: keyId } })}
                  >
                    Who changed it
                  </Menu.Item>
                )}
                {mayWrite && (
                  <>
                    <Menu.Item
                      leftSection={isDisabled ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
                      onClick={askToSwitch}
                      disabled={isCustomer && key.disabledBy === "operator"}
                    >
                      {isDisabled ? "Enable" : "Disable"}
                    </Menu.Item>
                    <Menu.Item color="red" leftSection={<IconBan size={16} />} onClick={() => setOpened("revoke")}>
                      Revoke
                    </Menu.Item>
                  </>
                )}
              </Menu.Dropdown>
            </Menu>
          )}
        </>
      }
    >
      <KeyNotice of={key} />
      <SimpleGrid cols={{ base: 2, md: 5 }}>
        <Fact label="State">
          <KeyStanding of={key} />
        </Fact>
        <Fact label="Account">
          <Anchor component={Link} to={`/accounts/${key.accountId}`} inherit>
            {key.accountName}
          </Anchor>
        </Fact>
        <Fact label="Last used">
          <Ago at={key.lastUsedAt} />
        </Fact>
        <Fact label="Expires">
          <Moment at={key.expiresAt} />
        </Fact>
        <Fact label="Created">
          <Moment at={key.createdAt} />
        </Fact>
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <KeySettingsCard of={key} />
        <Stack>
          <KeyBudgets of={key} />
          <KeyRotation of={key} />
        </Stack>
      </SimpleGrid>
      <DailyUsageCard of={{ keyId }} />
      <Suspense>
        {opened === "change" && <ChangeKeyDrawer of={key} onClose={close} />}
        {opened === "rotate" && (
          <RotateKeyModal
            of={key}
            onClose={close}
            onDone={(newKeyId) => {
              close();
              void navigate({ to: "/keys/$keyId", params: { keyId: newKeyId } });
            }}
          />
        )}
      </Suspense>
      {opened === "revoke" && <RevokeKeyModal of={key} onClose={close} />}
    </Page>
  );
}
