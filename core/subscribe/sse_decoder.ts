import { FRAME_CHARACTERS } from "../protocol/limits.ts";

/**
 * Makes a decoder of event streams. It takes bytes that may be cut anywhere, and returns the data of the lines that they complete. A line
 * that is too long comes before it is complete, as data that is too long.
 */
export function createSseDecoder(): (bytes: Uint8Array) => string[] {
  // It removes the byte order mark, and keeps an incomplete character for the next call.
  const decoder = new TextDecoder();
  let rest = "";
  return (bytes) => {
    const lines = decoder.decode(bytes, { stream: true }).split(/[\r\n]+/);
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? "";
    if (rest.length > FRAME_CHARACTERS) lines.push(`data:${rest}`);
    return lines.filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5));
  };
}
