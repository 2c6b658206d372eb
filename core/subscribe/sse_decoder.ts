/**
 * Decodes the gateway's event streams, wherever the bytes are cut: each event has one line of data.
 *
 * @returns A function that takes bytes and gives the data whose line they complete.
 */
export function createSseDecoder(): (bytes: Uint8Array) => string[] {
  // Takes away the byte order mark, and keeps half of a character for the next bytes.
  const decoder = new TextDecoder();
  let rest = "";
  return (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true }))
      .split(/[\r\n]/);
    rest = lines.pop() ?? "";
    return lines.filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5));
  };
}
