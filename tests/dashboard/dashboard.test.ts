/** The dashboard in a real browser, on the whole stack. */
import { afterAll, describe } from "vitest";
import { useStack } from "../support/use-stack.ts";
import { describeActions } from "./actions.ts";
import { describeBadNetwork } from "./bad-network.ts";
import { describeBatches } from "./batches.ts";
import { furnish } from "./furnish.ts";
import { describeHostileText } from "./hostile-text.ts";
import { describeKeyboardAndHistory } from "./keyboard-and-history.ts";
import { describeKeys } from "./keys.ts";
import { describeLimitsOfRoles } from "./limits-of-roles.ts";
import { describeMembership } from "./membership.ts";
import { describeMoney } from "./money.ts";
import { describeOperation } from "./operation.ts";
import { describePages } from "./pages.ts";
import { meetPeople } from "./people.ts";
import { describePlayground } from "./playground.ts";
import { describeSignIn } from "./sign-in.ts";
import { describeTraffic } from "./traffic.ts";

const stack = await useStack({ dashboard: true, ownRunner: true });
const people = await meetPeople(stack);
afterAll(() => people.close());
const furnished = await furnish(people, stack).catch(async (error: unknown) => {
  await people.close();
  await stack.stop();
  throw error;
});

describe("signing in", () => describeSignIn(people));
describe("actions", () => describeActions(people, stack));
describe("keys", () => describeKeys(people, stack, furnished));
describe("money", () => describeMoney(people, stack, furnished));
describe("requests and usage", () => describeTraffic(people, stack, furnished));
describe("playground", () => describePlayground(people, stack));
describe("batches", () => describeBatches(people, stack, furnished));
describe("models and runners", () => describeOperation(people, stack));
describe("people and accounts", () => describeMembership(people, stack));
describe("what others may not", () => describeLimitsOfRoles(people, furnished, stack.model));
describe("keyboard and history", () => describeKeyboardAndHistory(people));
describe("a bad network", () => describeBadNetwork(people));
describe("hostile text", () => describeHostileText(people));
// Side by side: they only look.
describe.concurrent("every page", () => describePages({ people, furnished, model: stack.model }));
