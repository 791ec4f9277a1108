/** The dashboard in a real browser, on the whole stack. */
import { afterAll, describe } from "vitest";
import { useStack } from "../support/use-stack.ts";
import { describeActions } from "./actions.ts";
import { describeHostileText } from "./hostile-text.ts";
import { describeKeyboardAndHistory } from "./keyboard-and-history.ts";
import { describePages } from "./pages.ts";
import { meetPeople } from "./people.ts";
import { describeSignIn } from "./sign-in.ts";

const stack = await useStack({ dashboard: true });
const people = await meetPeople(stack);
afterAll(() => people.close());

describe("signing in", () => describeSignIn(people));
describe("actions", () => describeActions(people, stack));
describe("keyboard and history", () => describeKeyboardAndHistory(people));
describe("hostile text", () => describeHostileText(people));
describe("every page", () => describePages(people, stack.accountId));
