/** One request: how it ended and why, its life, its attempts, how its cost came about, and what was kept of it. */
import { SimpleGrid, Stack, Text } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { RequestDetails } from "@tera/admin-api/requests";
import { requestQuery } from "../../api/requests.ts";
import { useMay, useSession } from "../../api/session.ts";
import { formatMs } from "../../format/duration.ts";
import { Moment } from "../../format/moment.tsx";
import { formatCount } from "../../format/quantity.ts";
import { Usd } from "../../format/usd.tsx";
import { Fact } from "../../shell/fact.tsx";
import { Notice } from "../../shell/notice.tsx";
import { Page } from "../../shell/page.tsx";
import { Section } from "../../shell/section.tsx";
import { RequestAttempts } from "./request-attempts.tsx";
import { RequestContentCard } from "./request-content-card.tsx";
import { RequestCost } from "./request-cost.tsx";
import { StatusBadge } from "./request-status.tsx";
import { RequestTimeline } from "./request-timeline.tsx";

const route = getRouteApi("/inside/requests/$requestId");

export function RequestPage() {
  const { requestId } = route.useParams();
  const { data: request } = useSuspenseQuery(requestQuery(requestId));
  const mayReadContent = useMay("content:read");
  return (
    <Page
      title="Request"
      about={<span className="mono">{request.id}</span>}
      actions={<StatusBadge status={request.status} size="lg" />}
    >
      <Why request={request} />
      <Facts request={request} />
      {request.timeline.length > 0 && (
        <Section title="Timeline">
          <RequestTimeline timeline={request.timeline} />
        </Section>
      )}
      {request.attempts.length > 0 && (
        <Section title="Attempts">
          <RequestAttempts attempts={request.attempts} />
        </Section>
      )}
      {request.billing !== null && (
        <Section title="How the cost was computed">
          <RequestCost cost={request.cost} billing={request.billing} />
        </Section>
      )}
      {request.hasContent && mayReadContent && (
        <Section title="Prompt and answer">
          <RequestContentCard requestId={request.id} />
        </Section>
      )}
    </Page>
  );
}

const whyColors = { succeeded: "tera", failed: "red", cancelled: "gray", refused: "orange" };

function Why({ request: { status, code, why, message } }: { request: RequestDetails }) {
  return (
    <Notice color={whyColors[status]} title={why}>
      {(code !== null || message !== null) && (
        <Stack gap={4}>
          {message !== null && <Text size="sm">The client was told: {message}</Text>}
          {code !== null && (
            <Text size="xs" c="dimmed">
              <span className="mono">{code}</span>
            </Text>
          )}
        </Stack>
      )}
    </Notice>
  );
}

function Facts({ request }: { request: RequestDetails }) {
  const { accounts } = useSession();
  const { status, model, endpoint, stream, lane, finishReason, usageSource, gatewayId } = request;
  const isRefused = status === "refused";
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Fact label={isRefused ? "Refused" : "Admitted"}>
        <Moment at={request.at} to="second" />
      </Fact>
      <Fact
        label="Model"
        about={endpoint === null ? undefined : [endpoint, stream ? "streamed" : "whole", lane].join(", ")}
      >
        {model ?? "–"}
      </Fact>
      <Fact label="Key" about={request.keyLastFour === null ? undefined : `····${request.keyLastFour}`}>
        {request.keyName ?? <span className="mono">{request.keyId}</span>}
      </Fact>
      {(accounts === null || accounts.length > 1) && (
        <Fact label="Account">
          <Link to="/accounts/$accountId" params={{ accountId: request.accountId }} style={{ color: "inherit" }}>
            {request.accountName ?? request.accountId}
          </Link>
        </Fact>
      )}
      {!isRefused && (
        <>
          <Fact label="Input" about={aboutPart(request.cachedTokens, "cached")}>
            {request.speechCharacters > 0
              ? `${formatCount(request.speechCharacters)} characters`
              : `${formatCount(request.promptTokens)} tokens`}
          </Fact>
          <Fact label="Output" about={aboutPart(request.reasoningTokens, "reasoning")}>
            {formatCount(request.completionTokens)} tokens
          </Fact>
          <Fact
            label="Time"
            about={request.ttftMs === null ? undefined : `first token after ${formatMs(request.ttftMs)}`}
          >
            {request.totalMs === null ? "–" : formatMs(request.totalMs)}
          </Fact>
          <Fact label="Cost">
            <Usd amount={request.cost} />
          </Fact>
          <Fact label="Finish reason">{finishReason ?? "–"}</Fact>
          <Fact label="Tokens counted by">{usageSource === "engine" ? "the engine" : "Tera, from the answer"}</Fact>
          {gatewayId !== null && (
            <Fact label="Gateway">
              <span className="mono">{gatewayId}</span>
            </Fact>
          )}
        </>
      )}
    </SimpleGrid>
  );
}

const aboutPart = (count: number, what: string) => (count === 0 ? undefined : `${formatCount(count)} ${what}`);
