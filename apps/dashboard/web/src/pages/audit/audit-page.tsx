/** Who changed what, from where. */
import { Badge, Group, Select, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { AuditEvent } from "../../../../api/audit.ts";
import { auditQuery } from "../../api/audit.ts";
import { SearchInput } from "../../form/search-input.tsx";
import { Moment } from "../../format/moment.tsx";
import { EmptyState } from "../../list/empty-state.tsx";
import { GrowingTable } from "../../list/growing-table.tsx";
import { Page } from "../../shell/page.tsx";
import { AuditDifference } from "./audit-difference.tsx";

const route = getRouteApi("/inside/audit");

const kinds = [
  "account",
  "key",
  "batch",
  "queue",
  "member",
  "invitation",
  "token",
  "price",
  "credit",
  "invoice",
  "model",
  "runner",
  "usage",
  "settings",
];

export function AuditPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/audit" });
  const narrow = (change: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const { kind, ...rest } = search;
  const events = useInfiniteQuery(auditQuery({ ...rest, action: kind === undefined ? undefined : `${kind}.` }));

  return (
    <Page title="Audit log" about="Every change: who made it, from where, what it was and what it is.">
      <GrowingTable
        label="Audit log"
        query={events}
        idOf={({ id }) => id}
        isFiltered={Object.values(search).some((value) => value !== undefined)}
        filters={
          <Group gap="sm">
            <Select
              aria-label="What was changed"
              placeholder="Anything"
              clearable
              data={kinds}
              value={kind ?? null}
              onChange={(chosen) => narrow({ kind: chosen ?? undefined })}
              w={170}
            />
            <SearchInput
              label="Id of what was changed"
              value={search.objectId}
              onSearch={(objectId) => narrow({ objectId })}
              w={{ base: "100%", xs: 240 }}
            />
            <SearchInput
              label="Id of who changed it"
              value={search.actorId}
              onSearch={(actorId) => narrow({ actorId })}
              w={{ base: "100%", xs: 240 }}
            />
          </Group>
        }
        empty={
          <EmptyState title="Nothing was changed yet">
            Changes by people, by scripts and on the command line will be here.
          </EmptyState>
        }
        columns={[
          { accessor: "at", title: "When", render: ({ at }) => <Moment at={at} />, width: 200 },
          { accessor: "actorName", title: "Who", render: (event) => <Who event={event} />, width: 280 },
          {
            accessor: "action",
            title: "Did",
            render: ({ action }) => <Badge variant="light">{action}</Badge>,
          },
          { accessor: "objectId", title: "To", render: (event) => <What event={event} /> },
        ]}
        rowExpansion={{ content: ({ record }) => <AuditDifference event={record} /> }}
      />
    </Page>
  );
}

function Who({ event: { actorKind, actorName, address } }: { event: AuditEvent }) {
  return (
    <>
      <Text size="sm">{actorName}</Text>
      <Text size="xs" c="dimmed">
        {actorKind}
        {address !== null && ` from ${address}`}
      </Text>
    </>
  );
}

function What({ event: { objectKind, objectId, objectName, accountName } }: { event: AuditEvent }) {
  const isAccount = objectKind === "account";
  return (
    <>
      <Text size="sm">
        {objectName ?? (isAccount ? accountName : null) ?? objectKind}
        {!isAccount && accountName !== null && (
          <Text span c="dimmed">
            {" "}
            of {accountName}
          </Text>
        )}
      </Text>
      <Text size="xs" c="dimmed" className="mono">
        {objectId}
      </Text>
    </>
  );
}
