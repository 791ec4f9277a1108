/** What a form or the server refused, told at the fields that it is about. */
import type { UseFormReturnType } from "@mantine/form";
import { ApiError } from "../../api/client.ts";
import { tellFailure } from "../../format/tell.ts";
import { type KeyFormValues, problemsByField } from "./key-form-values.ts";

export function showRefusal(form: UseFormReturnType<KeyFormValues>, error: Error): void {
  const fields = error instanceof ApiError ? error.fields : [];
  if (fields.length === 0) return tellFailure(error);
  form.setErrors(problemsByField(fields.map(({ path, message }) => ({ path: path.split("."), message }))));
  goToProblem();
}

/** The form is longer than the screen: what is wrong comes into view. */
export function goToProblem(): void {
  // After the fields were drawn anew.
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLElement>('[role="dialog"] form [aria-invalid="true"]');
    field?.focus({ preventScroll: true });
    field?.scrollIntoView({ block: "center" });
  });
}
