/** Makes a decoder of event streams. It takes bytes that may be cut anywhere, and returns the data of the lines that they complete. */
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
