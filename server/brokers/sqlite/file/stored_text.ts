/** Encodes a string that may contain anything, for a column that may be empty. */
export function encodeText(text: string | undefined): string | null {
  return text === undefined ? null : JSON.stringify(text);
}

/** Decodes a column that {@linkcode encodeText} encoded. */
export function decodeText(column: unknown): string | undefined {
  return column === null ? undefined : JSON.parse(String(column));
}
