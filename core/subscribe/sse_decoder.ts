/**
 * Makes a decoder for the gateway's event streams, each event of which has one line of data. The bytes may be cut anywhere.
 *
 * @returns A function that takes bytes and returns the data of the lines that they complete.
 */
export function createSseDecoder(): (bytes: Uint8Array) => string[] {
  // It removes the byte order mark, and keeps an incomplete character for the next call.
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
