/** A row opens by a click that is meant for it. */
import type { MouseEvent } from "react";

interface RowClick<Item> {
  record: Item;
  event: MouseEvent;
}

/** For a DataTable; nothing where rows open nothing. */
export function rowOpening<Item>(onOpen: ((item: Item) => void) | undefined) {
  if (onOpen === undefined) return {};
  return {
    onRowClick({ record, event }: RowClick<Item>) {
      if (!isForSomethingInIt(event) && !hasMarkedText()) onOpen(record);
    },
  };
}

/** Its links go where they go, perhaps into another tab. */
function isForSomethingInIt({ target }: MouseEvent): boolean {
  return target instanceof Element && target.closest("a, button, input, label") !== null;
}

/** What ends with a click is the marking of an id that is to be copied. */
function hasMarkedText(): boolean {
  return window.getSelection()?.isCollapsed === false;
}
