/** Where a dialog is shown that is no part of a page. What opens it brings it along: whoever opens none loads none. */
import { type ReactNode, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let shown: ReactNode = null;

/** @param dialog null: none any more */
export function showDialog(dialog: ReactNode): void {
  shown = dialog;
  for (const listener of listeners) listener();
}

export function DialogPlace() {
  return useSyncExternalStore(subscribe, () => shown);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
