import { expect, test } from "vitest";
import { followTask } from "./tasks.ts";

const begun = { id: "task_1", state: "running" as const, error: null };
type Task = { id: string; state: "running" | "done" | "failed"; error: string | null };
const follow = (data: Task | undefined, error: Error | null = null) => followTask<Task>(begun, { data, error });

test("what was begun is as it was last told, unless that was of another", () => {
  expect(follow(undefined)).toBe(begun);
  expect(follow({ id: "task_0", state: "done", error: null })).toBe(begun);
  expect(follow({ id: "task_1", state: "done", error: null })?.state).toBe("done");
});

test("what the dashboard does not know any more has failed, and is not waited for", () => {
  const gone = follow({ ...begun }, new Error("There is no such re-rating."));
  expect(gone).toEqual({
    id: "task_1",
    state: "failed",
    error: expect.stringContaining("There is no such re-rating."),
  });
});
