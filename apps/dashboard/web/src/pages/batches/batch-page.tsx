/** One batch: how far it is and how fast, what it costs, what failed, and its files. */
import { List, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { BatchDetails } from "@tera/admin-api/batches";
import { Fragment } from "react";
import { batchQuery, hasEnded } from "../../api/batches.ts";
import { modelIdsQuery } from "../../api/installation.ts";
import { useMay, useSession } from "../../api/session.ts";
import { formatMs } from "../../format/duration.ts";
import { Moment } from "../../format/moment.tsx";
import { formatCount } from "../../format/quantity.ts";
import { Usd } from "../../format/usd.tsx";
import { Fact } from "../../shell/fact.tsx";
import { Notice } from "../../shell/notice.tsx";
import { Page } from "../../shell/page.tsx";
import { Section } from "../../shell/section.tsx";
import { BatchActions } from "./batch-actions.tsx";
import { BatchFiles } from "./batch-files.tsx";
import { BatchProgress } from "./batch-progress.tsx";
import { BatchStatusBadge } from "./batch-status.tsx";
import { BatchTimeline } from "./batch-timeline.tsx";

const route = getRouteApi("/inside/batches/$batchId");

export function BatchPage() {
  const { batchId } = route.useParams();
  const { data: batch } = useSuspenseQuery(batchQuery(batchId));
  const mayWrite = useMay("batches:write");
  const mayRead = useMay("content:read");
  return (
    <Page
      title={batch.fileName ?? "Batch"}
      about={<span className="mono">{batch.id}</span>}
      actions={
        <>
          <BatchStatusBadge batch={batch} size="lg" />
          {mayWrite && <BatchActions batch={batch} />}
        </>
      }
    >
      <Pause batch={batch} />
      <Problems problems={batch.problems} />
      {batch.counts.total > 0 && (
        <Section title="Progress">
          <BatchProgress counts={batch.counts} size="lg" />
        </Section>
      )}
      <Facts batch={batch} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Section title="Files">
          <BatchFiles batch={batch} mayRead={mayRead} />
        </Section>
        <Section title="Lines">
          <Lines batch={batch} />
        </Section>
      </SimpleGrid>
      <Section title="Timeline">
        <BatchTimeline batch={batch} />
      </Section>
    </Page>
  );
}

const pauseTitles = {
  credit: "It waits for credit",
  operator: "The operator has paused it",
  customer: "It is paused",
};

function Pause({ batch: { pause } }: { batch: BatchDetails }) {
  if (pause === null) return null;
  return (
    <Notice color="orange" title={pauseTitles[pause.by]}>
      <Text size="sm">
        {pause.by === "credit"
          ? `${pause.message} It goes on by itself when there is some.`
          : "Nothing of it is begun until it is resumed."}
      </Text>
      <Text size="xs" c="dimmed">
        Since <Moment at={pause.since} to="second" />
      </Text>
    </Notice>
  );
}

function Problems({ problems }: Pick<BatchDetails, "problems">) {
  if (problems.length === 0) return null;
  return (
    <Notice color="red" title="The file cannot be run">
      <List size="sm">
        {problems.map(({ line, message, param, code }) => (
          <List.Item key={`${line} ${code} ${param} ${message}`} style={{ overflowWrap: "anywhere" }}>
            {line !== null && <b>Line {formatCount(line)}: </b>}
            {message}
          </List.Item>
        ))}
      </List>
    </Notice>
  );
}

function Facts({ batch }: { batch: BatchDetails }) {
  const { accounts } = useSession();
  const { pace } = batch;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Fact label={batch.endedAt === null ? "Cost so far" : "Cost"}>
        <Usd amount={batch.cost} />
      </Fact>
      <Fact label="Pace" about={pace === null ? undefined : `over the last ${formatMs(pace.overMs)}`}>
        {pace === null ? "–" : `${formatPace(pace.linesPerMinute)} lines a minute`}
      </Fact>
      {batch.endedAt === null ? (
        <Fact
          label="Estimated end"
          about={
            <>
              expires <Moment at={batch.expiresAt} />
            </>
          }
        >
          {pace?.endsAt == null ? "–" : <Moment at={pace.endsAt} />}
        </Fact>
      ) : (
        <Fact label="Ended">
          <Moment at={batch.endedAt} />
        </Fact>
      )}
      <Fact label="Endpoint">
        <span className="mono">
          {endpointParts(batch.endpoint).map((part) => (
            <Fragment key={part}>
              {part}
              <wbr />
            </Fragment>
          ))}
        </span>
      </Fact>
      <Fact label="Key">{batch.keyName ?? <span className="mono">{batch.keyId}</span>}</Fact>
      {(accounts === null || accounts.length > 1) && (
        <Fact label="Account">
          <Link to="/accounts/$accountId" params={{ accountId: batch.accountId }} style={{ color: "inherit" }}>
            {batch.accountName}
          </Link>
        </Fact>
      )}
      {Object.entries(batch.metadata ?? {}).map(([name, value]) => (
        <Fact key={name} label={name}>
          {value}
        </Fact>
      ))}
    </SimpleGrid>
  );
}

/** It is broken after a slash, where there is little room. */
function endpointParts(endpoint: string): string[] {
  return endpoint.split(/(?<=.\/)/);
}

/** Tenths tell something of slow ones only. */
function formatPace(linesPerMinute: number): string {
  return formatCount(linesPerMinute < 100 ? linesPerMinute : Math.round(linesPerMinute));
}

function Lines({ batch }: { batch: BatchDetails }) {
  const { status, models, failures, counts } = batch;
  const { data: known } = useQuery({ ...modelIdsQuery, enabled: !hasEnded(batch) });
  const served = known?.items.filter(({ isServed }) => isServed).map(({ id }) => id);
  // Nobody says when its lines will run.
  const noteOn = ({ model, isPaused }: BatchDetails["models"][number]) => {
    if (hasEnded(batch)) return undefined;
    if (isPaused) return "paused by the operator, for all batches";
    return served === undefined || served.includes(model) ? undefined : "not served now";
  };
  if (counts.total === 0) {
    return (
      <Text size="sm" c="dimmed">
        {status === "failed" ? "None was run: the file has faults." : "They are counted once the file is validated."}
      </Text>
    );
  }
  return (
    <Stack gap="md">
      <Counts name="Model" rows={models.map((row) => ({ name: row.model, lines: row.lines, note: noteOn(row) }))} />
      {failures.length > 0 && <Counts name="Error" rows={failures.map(({ code, lines }) => ({ name: code, lines }))} />}
    </Stack>
  );
}

interface CountsProps {
  name: string;
  rows: readonly { name: string; lines: number; note?: string | undefined }[];
}

function Counts({ name, rows }: CountsProps) {
  return (
    <Table verticalSpacing={4} withRowBorders={false} aria-label={`Lines by ${name.toLowerCase()}`}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{name}</Table.Th>
          <Table.Th ta="right">Lines</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.name}>
            <Table.Td style={{ overflowWrap: "anywhere" }}>
              <span className="mono">{row.name}</span>
              {row.note !== undefined && (
                <Text size="xs" c="dimmed">
                  {row.note}
                </Text>
              )}
            </Table.Td>
            <Table.Td ta="right">{formatCount(row.lines)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
