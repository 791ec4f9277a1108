/** The public API tried by hand, in the name of an account. */
import { Button, Center, Group, Loader, SegmentedControl, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { accountsQuery } from "../../api/accounts.ts";
import { playgroundModelsQuery, playgroundQuery } from "../../api/playground.ts";
import { useSession } from "../../api/session.ts";
import { AccountSelect } from "../../form/account-select.tsx";
import { EmptyState } from "../../list/empty-state.tsx";
import { Failure } from "../../shell/failure.tsx";
import { Page } from "../../shell/page.tsx";
import { ChatPanel } from "./chat-panel.tsx";
import { SpeechPanel } from "./speech-panel.tsx";

const route = getRouteApi("/inside/playground");

export function PlaygroundPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/playground" });
  const { accounts: own } = useSession();
  const accounts = useQuery({
    ...accountsQuery({ pageSize: 1, sort: "createdAt", state: "enabled" }),
    enabled: own === null,
  });
  const accountId = search.account ?? own?.[0]?.id ?? accounts.data?.items[0]?.id;
  const isChoosing = own === null || own.length > 1;

  return (
    <Page
      title="Playground"
      about="Requests of the account that you choose: limited, metered and charged as everything else."
      actions={
        isChoosing && (
          <AccountSelect
            aria-label="Account"
            w={240}
            value={accountId ?? null}
            onChange={(account) => navigate({ search: { ...search, account: account ?? undefined }, replace: true })}
          />
        )
      }
    >
      {accountId === undefined ? (
        <NoAccount isPending={accounts.isPending} />
      ) : (
        <Panels key={accountId} accountId={accountId} />
      )}
    </Page>
  );
}

function NoAccount({ isPending }: { isPending: boolean }) {
  if (isPending) return <Waiting />;
  return (
    <EmptyState
      title="No account yet"
      action={
        <Button component={Link} to="/accounts">
          To the accounts
        </Button>
      }
    >
      A request belongs to an account. Make one first.
    </EmptyState>
  );
}

function Panels({ accountId }: { accountId: string }) {
  const { mode } = route.useSearch();
  const navigate = useNavigate({ from: "/playground" });
  const place = useQuery(playgroundQuery(accountId));
  const models = useQuery(playgroundModelsQuery(accountId));
  if (place.isError || models.isError) {
    return (
      <Failure
        error={place.error ?? models.error}
        reset={() => void Promise.all([place.refetch(), models.refetch()])}
      />
    );
  }
  if (place.isPending || models.isPending) return <Waiting />;
  if (models.data.length === 0) {
    return (
      <EmptyState title="No model is served">
        Attach an engine or start a worker: the models that it serves are here a second later.
      </EmptyState>
    );
  }
  const speakers = models.data.filter(({ output_modalities }) => output_modalities.includes("audio"));
  const writers = models.data.filter(({ output_modalities }) => output_modalities.includes("text"));
  const shown = mode ?? (writers.length === 0 ? "speech" : "chat");
  return (
    <Stack gap="sm">
      {speakers.length > 0 && writers.length > 0 && (
        <Group>
          <SegmentedControl
            aria-label="What to try"
            data={[
              { value: "chat", label: "Chat" },
              { value: "speech", label: "Speech" },
            ]}
            value={shown}
            onChange={(chosen) =>
              navigate({
                search: (before) => ({ ...before, mode: chosen === "speech" ? "speech" : "chat" }),
                replace: true,
              })
            }
          />
        </Group>
      )}
      {shown === "chat" ? (
        <ChatPanel accountId={accountId} apiUrl={place.data.apiUrl} models={writers} />
      ) : (
        <SpeechPanel accountId={accountId} apiUrl={place.data.apiUrl} models={speakers} />
      )}
    </Stack>
  );
}

function Waiting() {
  return (
    <Center mih={300}>
      <Loader />
    </Center>
  );
}
