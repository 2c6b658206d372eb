/**
 * Decodes a stream of Server-Sent Events. It returns a function that takes the next bytes, cut anywhere, and gives the
 * data of the events that are complete with them. A Tidings event carries everything in its data, also its id: other
 * fields are skipped.
 */
export function createSseDecoder(): (bytes: Uint8Array) => string[] {
  // Takes away the byte order mark, and keeps half of a character for the next bytes.
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  return (bytes) => {
    const events: string[] = [];
    // A CR at the end is kept too: its LF may come next.
    const lines = (rest + decoder.decode(bytes, { stream: true }))
      .split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const field = /^data(?:: ?|$)([^]*)/.exec(line);
      if (field) data.push(field[1] ?? "");
      else if (!line && data.length > 0) {
        events.push(data.join("\n"));
        data = [];
      }
    }
    return events;
  };
}
