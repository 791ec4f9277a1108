/** Speech: a text is spoken, and played. */
import { Alert, Button, Group, NumberInput, Paper, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCode, IconPlayerPlay } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { PlaygroundModel } from "../../../../api/playground.ts";
import { speak } from "../../api/playground.ts";
import { AnswerFacts } from "./answer-facts.tsx";
import { CodeModal } from "./code-modal.tsx";

const formats = ["wav", "mp3", "flac", "opus", "aac"];

export interface SpeechPanelProps {
  accountId: string;
  apiUrl: string;
  /** Those that speak. */
  models: readonly PlaygroundModel[];
}

export function SpeechPanel({ accountId, apiUrl, models }: SpeechPanelProps) {
  const [model, setModel] = useState(models[0]?.id ?? "");
  const [input, setInput] = useState("Hello! This is how I sound.");
  const [voice, setVoice] = useState("");
  const [format, setFormat] = useState("wav");
  const [speed, setSpeed] = useState<number | null>(null);
  const [isCode, code] = useDisclosure();
  const body = {
    model,
    input,
    ...(voice === "" ? {} : { voice }),
    response_format: format,
    ...(speed === null ? {} : { speed }),
  };
  const speaking = useMutation({ mutationFn: () => speak(accountId, body, AbortSignal.timeout(300_000)) });
  return (
    <Paper withBorder p="md" radius="lg">
      <Stack gap="sm">
        <Select
          label="Model"
          searchable
          allowDeselect={false}
          data={models.map(({ id }) => id)}
          value={model}
          onChange={(id) => id !== null && setModel(id)}
        />
        <Textarea
          label="Text"
          autosize
          minRows={4}
          maxRows={14}
          value={input}
          onChange={(event) => setInput(event.currentTarget.value)}
        />
        <Group grow>
          <TextInput
            label="Voice"
            placeholder="the model's own"
            value={voice}
            onChange={(event) => setVoice(event.currentTarget.value.trim())}
          />
          <Select
            label="Format"
            allowDeselect={false}
            data={formats}
            value={format}
            onChange={(chosen) => chosen !== null && setFormat(chosen)}
          />
          <NumberInput
            label="Speed"
            placeholder="1"
            min={0.25}
            max={4}
            step={0.25}
            value={speed ?? ""}
            onChange={(entered) => setSpeed(typeof entered === "number" ? entered : null)}
          />
        </Group>
        <Group>
          <Button
            leftSection={<IconPlayerPlay size={16} />}
            disabled={input.trim() === ""}
            loading={speaking.isPending}
            onClick={() => speaking.mutate()}
          >
            Speak
          </Button>
          <Button variant="default" leftSection={<IconCode size={16} />} onClick={code.open}>
            Code
          </Button>
        </Group>
        {speaking.isError && (
          <Alert color="red" variant="light" role="alert">
            {speaking.error.message}
          </Alert>
        )}
        {speaking.isSuccess && (
          <Stack gap={4}>
            <Player audio={speaking.data.audio} />
            <AnswerFacts accountId={accountId} requestId={speaking.data.requestId} />
          </Stack>
        )}
      </Stack>
      <CodeModal opened={isCode} onClose={code.close} call={{ apiUrl, path: "/audio/speech", body }} />
    </Paper>
  );
}

function Player({ audio }: { audio: Blob }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(audio);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [audio]);
  // biome-ignore lint/a11y/useMediaCaption: what it says is the text above, and an audio element shows no captions.
  return <audio controls autoPlay src={url} aria-label="What was spoken" style={{ width: "100%" }} />;
}
