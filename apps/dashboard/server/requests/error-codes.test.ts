import { errorCodes } from "@tera/protocol";
import { expect, test } from "vitest";
import { requestErrorCodes } from "../../api/error-codes.ts";

test("the codes that a list can be narrowed to are those that requests end with", () => {
  expect(requestErrorCodes).toEqual(Object.keys(errorCodes));
});
