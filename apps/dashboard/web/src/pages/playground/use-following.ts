/** Keeps the end of a conversation in sight while it grows, unless somebody reads further up. */
import { useEffect, useRef } from "react";

/** So near to the end is at the end. */
const endPx = 24;

/** @param turn the latest: a new one is always shown @param length of what is shown of it @returns props of the `ScrollArea` */
export function useFollowing(turn: number | undefined, length: number) {
  const viewport = useRef<HTMLDivElement>(null);
  const topPx = useRef(0);
  const isFollowing = useRef(true);
  const shown = useRef(turn);

  useEffect(() => {
    if (shown.current !== turn) isFollowing.current = true;
    shown.current = turn;
    if (length >= 0 && isFollowing.current) viewport.current?.scrollTo({ top: viewport.current.scrollHeight });
  }, [turn, length]);

  function onScrollPositionChange({ y }: { y: number }) {
    const { scrollHeight = 0, clientHeight = 0 } = viewport.current ?? {};
    const isAtEnd = scrollHeight - clientHeight - y <= endPx;
    // Only people scroll up; what is added in between looks like being away from the end.
    if (isAtEnd || y < topPx.current) isFollowing.current = isAtEnd;
    topPx.current = y;
  }
  return { viewportRef: viewport, onScrollPositionChange };
}
