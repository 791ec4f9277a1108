/** What was entered, as the Admin API takes it; what is wrong is shown at its field. */
import type { z } from "zod";
import { ApiError } from "../api/client.ts";
import { tellFailure } from "../format/tell.ts";

interface FormWithErrors {
  setErrors(errors: Record<string, string>): void;
}

/** @returns undefined: something is wrong or missing, and the form says what */
export function parseForm<Schema extends z.ZodType>(
  schema: Schema,
  entered: unknown,
  form: FormWithErrors,
): z.output<Schema> | undefined {
  const parsed = schema.safeParse(entered);
  if (parsed.success) return parsed.data;
  form.setErrors(Object.fromEntries(parsed.error.issues.map(({ path, message }) => [path.join("."), message])));
  return undefined;
}

/** For mutations: the server's word on a field goes to the field, anything else to the edge of the screen. */
export function showFailure(form: FormWithErrors): (error: unknown) => void {
  return (error) => {
    if (error instanceof ApiError && error.fields.length > 0) {
      form.setErrors(Object.fromEntries(error.fields.map(({ path, message }) => [path, message])));
    } else tellFailure(error);
  };
}

/** An empty field is one that was not named. */
export function blankAsUndefined(text: string): string | undefined {
  return text.trim() === "" ? undefined : text.trim();
}

export function blankAsNull(text: string): string | null {
  return blankAsUndefined(text) ?? null;
}
