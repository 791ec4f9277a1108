/** Short messages at the edge of the screen: it worked, or why not. */
import { notifications } from "@mantine/notifications";

export function tellSuccess(message: string): void {
  notifications.show({ message, color: "tera" });
}

export function tellFailure(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  notifications.show({ title: "That did not work", message, color: "red", autoClose: 10_000 });
}
