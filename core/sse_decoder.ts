/**
 * Decodes a stream of Server-Sent Events. It returns a function that takes the next bytes, cut anywhere, and gives the
 * data of the events that are complete with them. A Tidings event carries everything in its data, also its id: other
 * fields are skipped.
 */
export function createSseDecoder(): (bytes: Uint8Array) => string[] {
  // Takes away the byte order mark, and keeps half of a character for the next bytes.
  const decoder = new TextDecoder();
  let line = "";
  let data: string | undefined;
  let afterCr = false;

  return (bytes) => {
    const events: string[] = [];
    const text = decoder.decode(bytes, { stream: true });
    if (!text) return events;
    // A line that ended in the CR of the bytes before may have its LF here.
    const skipped = afterCr && text.startsWith("\n") ? text.slice(1) : text;
    afterCr = text.endsWith("\r");
    const lines = (line + skipped).split(/\r\n|\r|\n/);
    line = lines.pop() ?? "";
    for (const entry of lines) {
      const field = /^data(?:: ?([^]*))?$/.exec(entry);
      if (field) {
        data = (data === undefined ? "" : data + "\n") + (field[1] ?? "");
      } else if (!entry && data !== undefined) {
        events.push(data);
        data = undefined;
      }
    }
    return events;
  };
}
