/** Writes in groups: what comes while one group is written is the next. */

export interface GroupWriter<Item> {
  add(item: Item): void;
}

export interface GroupWriterOptions<Item> {
  /** Called for one group at a time. Must not reject: it tells those who wait for its items. */
  write(group: readonly Item[]): Promise<void>;
  groupMax: number;
  /** How long the first one waits for others. */
  gather(): Promise<void>;
}

/** How many items wait is up to those who add them: each of them waits for its own. */
export function createGroupWriter<Item>({ write, groupMax, gather }: GroupWriterOptions<Item>): GroupWriter<Item> {
  let waiting: Item[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    await gather();
    while (waiting.length > 0) {
      const group = waiting.slice(0, groupMax);
      waiting = waiting.slice(groupMax);
      await write(group);
    }
    // In the same turn as the loop's last look: an `add` must not find a loop that has just ended.
    running = false;
  }

  return {
    add(item) {
      waiting.push(item);
      if (!running) void run();
    },
  };
}
