/** The dashboard in a real browser, on the whole stack. */
import { describe } from "vitest";
import { useStack } from "../support/use-stack.ts";
import { meetPeople } from "./people.ts";
import { describeSignIn } from "./sign-in.ts";

const stack = await useStack({ dashboard: true });
const people = await meetPeople(stack);

describe("signing in", () => describeSignIn(people));
