/** A new batch: its file is uploaded first, and a batch of it started then. */
import { Drawer, Group, Input, Progress, SegmentedControl, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useWindowEvent } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { batchEndpoints } from "@tera/admin-api/batches";
import type { UploadedFile } from "@tera/admin-api/files";
import { useEffect, useId, useRef, useState } from "react";
import { useStartBatch } from "../../api/batches.ts";
import { ApiError } from "../../api/client.ts";
import { installationQuery } from "../../api/installation.ts";
import { useSession } from "../../api/session.ts";
import { mustBeReadable, uploadFile } from "../../api/upload.ts";
import { AccountSelect } from "../../form/account-select.tsx";
import { FileInput } from "../../form/file-input.tsx";
import { FormButtons } from "../../form/form-buttons.tsx";
import { KeySelect } from "../../form/key-select.tsx";
import { formatBytes } from "../../format/bytes.ts";
import { tellFailure } from "../../format/tell.ts";
import { type MetadataEntry, MetadataInput, toMetadata } from "./metadata-input.tsx";

export interface NewBatchDrawerProps {
  onClose(): void;
  /** Its account, where that is settled. */
  accountId?: string | undefined;
}

interface Values {
  accountId: string | null;
  keyId: string | null;
  endpoint: (typeof batchEndpoints)[number];
  file: File | null;
  metadata: MetadataEntry[];
}

export function NewBatchDrawer({ onClose, accountId }: NewBatchDrawerProps) {
  const { accounts } = useSession();
  const [only, ...others] = accounts ?? [];
  const settled = others.length === 0 ? only?.id : undefined;
  const { data: installation } = useQuery(installationQuery);
  const fileMaxBytes = installation?.fileMaxBytes;
  const { share, isBusy, start } = useStart(onClose);
  const form = useForm<Values>({
    initialValues: {
      accountId: accountId ?? settled ?? null,
      keyId: null,
      endpoint: "/v1/chat/completions",
      file: null,
      metadata: [],
    },
    validate: {
      accountId: (chosen) => (chosen === null ? "is needed" : null),
      keyId: (chosen) => (chosen === null ? "is needed" : null),
      file: (chosen) => findFault(chosen, fileMaxBytes),
    },
  });
  const { values, errors } = form;
  const endpointId = useId();

  function submit({ accountId: chosen, keyId, file, endpoint, metadata }: Values) {
    if (chosen === null || keyId === null || file === null) return;
    start({ file, accountId: chosen, keyId, endpoint, metadata: toMetadata(metadata) }).catch((error: unknown) => {
      const fields = error instanceof ApiError ? error.fields : [];
      if (fields.length === 0) return tellFailure(error);
      form.setErrors(Object.fromEntries(fields.map(({ path, message }) => [path.split(".")[0], message])));
    });
  }

  return (
    <Drawer
      opened
      onClose={onClose}
      title="New batch"
      position="right"
      size="lg"
      // The upload would be lost.
      closeOnClickOutside={!isBusy}
      closeOnEscape={!isBusy}
    >
      <form onSubmit={form.onSubmit(submit)} noValidate>
        <fieldset disabled={isBusy} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
          <Stack gap="lg">
            <FileInput
              label="File"
              description={
                <>
                  JSON Lines in the format of OpenAI's Batch API
                  {fileMaxBytes !== undefined && `, ${formatBytes(fileMaxBytes)} at most`}
                </>
              }
              accept=".jsonl,.ndjson,application/jsonl"
              value={values.file}
              onChange={(file) => form.setFieldValue("file", file)}
              error={errors["file"]}
              disabled={isBusy}
            />
            {settled === undefined && (
              <AccountSelect
                label="Account"
                required
                placeholder="Who is charged"
                value={values.accountId}
                onChange={(chosen) => form.setValues({ accountId: chosen, keyId: null })}
                error={errors["accountId"]}
              />
            )}
            <KeySelect
              key={values.accountId}
              label="Key"
              description="It runs within the limits, budgets and models of this key."
              required
              clearable={false}
              placeholder={values.accountId === null ? "Choose the account first" : "An active key"}
              disabled={values.accountId === null}
              accountId={values.accountId ?? undefined}
              state="active"
              value={values.keyId}
              onChange={(keyId) => form.setFieldValue("keyId", keyId)}
              error={errors["keyId"]}
            />
            <Input.Wrapper
              label="Endpoint"
              description="The one that every line names as its url."
              labelElement="div"
              labelProps={{ id: endpointId }}
              error={errors["endpoint"]}
            >
              <SegmentedControl
                aria-labelledby={endpointId}
                fullWidth
                mt={6}
                data={[...batchEndpoints]}
                {...form.getInputProps("endpoint")}
              />
            </Input.Wrapper>
            <MetadataInput
              value={values.metadata}
              onChange={(metadata) => form.setFieldValue("metadata", metadata)}
              error={errors["metadata"]}
            />
          </Stack>
        </fieldset>
        <Stack gap="lg" mt="lg">
          {share !== undefined && <UploadProgress share={share} />}
          <FormButtons onCancel={onClose} submit="Start the batch" isPending={isBusy} isSticky />
        </Stack>
      </form>
    </Drawer>
  );
}

function findFault(file: File | null, fileMaxBytes: number | undefined): string | null {
  if (file === null) return "is needed";
  if (file.size === 0) return "The file is empty.";
  if (fileMaxBytes !== undefined && file.size > fileMaxBytes) {
    return `It has ${formatBytes(file.size)}, and a file may have ${formatBytes(fileMaxBytes)}. Split it into several.`;
  }
  return null;
}

function UploadProgress({ share }: { share: number }) {
  const percent = Math.floor(share * 100);
  return (
    <Stack gap={4}>
      <Progress value={percent} size={6} radius="sm" aria-label="Upload" />
      <Group justify="space-between" gap="xs">
        <Text size="xs" c="dimmed" role="status">
          {share < 1 ? "Uploading the file" : "Checking its last lines"}
        </Text>
        <Text size="xs" c="dimmed">
          {percent}%
        </Text>
      </Group>
    </Stack>
  );
}

interface Start {
  file: File;
  accountId: string;
  keyId: string;
  endpoint: Values["endpoint"];
  metadata: Record<string, string> | null;
}

/** Uploads and starts; whoever leaves meanwhile gives both up. `share`: how much of the file has arrived. */
function useStart(onStarted: () => void) {
  const navigate = useNavigate();
  const starting = useStartBatch();
  const [share, setShare] = useState<number>();
  const [isBusy, setBusy] = useState(false);
  /** What was uploaded already: a batch that was refused does not need it again. */
  const kept = useRef<{ file: File; accountId: string; uploaded: UploadedFile }>(undefined);
  const leaving = useRef<AbortController>(undefined);
  useEffect(() => () => leaving.current?.abort(), []);
  // The browser asks before it loads the page anew.
  useWindowEvent("beforeunload", (event) => {
    if (isBusy) event.preventDefault();
  });

  async function upload(file: File, accountId: string): Promise<UploadedFile> {
    await mustBeReadable(file);
    if (kept.current?.file === file && kept.current.accountId === accountId) return kept.current.uploaded;
    leaving.current = new AbortController();
    setShare(0);
    const uploaded = await uploadFile({ file, accountId, onProgress: setShare, signal: leaving.current.signal });
    kept.current = { file, accountId, uploaded };
    return uploaded;
  }

  async function start({ file, accountId, ...batch }: Start): Promise<void> {
    setBusy(true);
    try {
      const { id: inputFileId } = await upload(file, accountId);
      const { id: batchId } = await starting.mutateAsync({ ...batch, inputFileId });
      onStarted();
      await navigate({ to: "/batches/$batchId", params: { batchId } });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
    } finally {
      setBusy(false);
      setShare(undefined);
    }
  }

  return { share, isBusy, start };
}
