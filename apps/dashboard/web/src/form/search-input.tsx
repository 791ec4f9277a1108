/** A field whose text narrows a list, a moment after the last letter, and that says again what narrows it when the address changes. */
import { TextInput, type TextInputProps } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";

const typingPauseMs = 250;

export interface SearchInputProps extends Pick<TextInputProps, "leftSection" | "w"> {
  label: string;
  /** The label, by default. */
  placeholder?: string;
  /** What the list is narrowed by now. */
  value: string | undefined;
  /** Gets the text without space around it, or nothing where there is none. */
  onSearch(text: string | undefined): void;
}

export function SearchInput({ label, placeholder = label, value = "", onSearch, ...rest }: SearchInputProps) {
  const [text, setText] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  const searchLater = useDebouncedCallback((typed: string, path: string) => {
    // Whoever has gone on to a page that still loads is not brought back.
    if (window.location.pathname === path) onSearch(typed.trim() || undefined);
  }, typingPauseMs);
  useEffect(() => {
    // While somebody types, the address follows the text, not the text the address.
    if (document.activeElement !== field.current) setText(value);
  }, [value]);
  return (
    <TextInput
      {...rest}
      ref={field}
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        searchLater(currentTarget.value, window.location.pathname);
      }}
    />
  );
}
