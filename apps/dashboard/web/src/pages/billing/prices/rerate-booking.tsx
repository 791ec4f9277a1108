/** Books a re-rating that was looked at. */
import { Alert, Button, Card, Group, Loader, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { type AppliedRerating, type Rerating, reratingApplySchema } from "@tera/admin-api/prices";
import { useState } from "react";
import { appliedReratingQuery, useApplyRerating } from "../../../api/prices.ts";
import { followTask } from "../../../api/tasks.ts";
import { confirm } from "../../../dialog/confirm.tsx";
import { parseForm, showFailure } from "../../../form/parse-form.ts";
import { formatCount } from "../../../format/quantity.ts";
import { Usd } from "../../../format/usd.tsx";

export function RerateBooking({ id, result }: { id: string; result: NonNullable<Rerating["result"]> }) {
  const applying = useApplyRerating();
  const [begun, setBegun] = useState<AppliedRerating>();
  const asked = useQuery(appliedReratingQuery(begun?.state === "running" ? begun.id : undefined));
  const booking = followTask(begun, asked);
  const form = useForm({ initialValues: { reason: "" } });
  const { changed, accountsChanged, difference } = result;

  function ask(values: typeof form.values) {
    const body = parseForm(reratingApplySchema, values, form);
    if (body === undefined) return;
    confirm({
      title: "Book the corrections?",
      children: (
        <Text size="sm">
          {formatCount(changed)} charges of {accountsChanged === 1 ? "1 account" : `${accountsChanged} accounts`} are
          corrected by <Usd amount={difference} signed /> in all. Each account gets one booking, which stays in its
          ledger.
        </Text>
      ),
      labels: { confirm: "Book", cancel: "Cancel" },
      onConfirm: () => applying.mutate({ id, ...body }, { onSuccess: setBegun, onError: showFailure(form) }),
    });
  }

  return (
    <Card withBorder padding="lg">
      <Stack gap="sm">
        <Title order={2} size="h4">
          3. Book it
        </Title>
        {booking === undefined && (
          <form onSubmit={form.onSubmit(ask)}>
            <Stack gap="sm">
              <TextInput
                label="Reason"
                description="Customers see it in their ledger and on their invoice."
                required
                {...form.getInputProps("reason")}
              />
              <Group justify="flex-end">
                <Button type="submit" loading={applying.isPending}>
                  Book the corrections
                </Button>
              </Group>
            </Stack>
          </form>
        )}
        {booking?.state === "running" && (
          <Group gap="sm">
            <Loader size="sm" />
            <Text size="sm">It is being booked, account by account. You can leave: it goes on.</Text>
          </Group>
        )}
        {booking?.state === "failed" && (
          <Alert color="red" variant="light" title="It was broken off">
            {booking.error} Look again: what was booked is booked, and what is missing is shown.
          </Alert>
        )}
        {booking !== undefined && booking.result !== null && (
          <Alert color="tera" variant="light" title="Booked">
            <Usd amount={booking.result.difference} signed /> for {formatCount(booking.result.requests)} requests of{" "}
            {booking.result.accounts === 1 ? "1 account" : `${booking.result.accounts} accounts`}, under the reference{" "}
            <span className="mono">{booking.result.reference}</span>.
          </Alert>
        )}
      </Stack>
    </Card>
  );
}
