/** Asks whether something is really meant. */
import { Button, type ButtonProps, Group, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { showDialog } from "./dialog-place.tsx";

export interface Question {
  title: string;
  /** What happens then. */
  children: ReactNode;
  labels: { confirm: string; cancel: string };
  confirmProps?: Pick<ButtonProps, "color">;
  onConfirm(): void;
}

let asked = 0;

export function confirm(question: Question): void {
  asked += 1;
  showDialog(<ConfirmDialog key={asked} {...question} />);
}

function ConfirmDialog({ title, children, labels, confirmProps = {}, onConfirm }: Question) {
  const [isOpen, { close }] = useDisclosure(true);
  return (
    <Modal opened={isOpen} onClose={close} onExitTransitionEnd={() => showDialog(null)} title={title}>
      {children}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close} data-autofocus>
          {labels.cancel}
        </Button>
        <Button
          {...confirmProps}
          onClick={() => {
            close();
            onConfirm();
          }}
        >
          {labels.confirm}
        </Button>
      </Group>
    </Modal>
  );
}
