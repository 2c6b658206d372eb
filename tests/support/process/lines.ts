/**
 * Calls a function with each line of a stream. `node:readline` can't be used: it ends a line at U+2028 as well, which JSON allows in
 * strings.
 */
export function readLines(
  stream: NodeJS.ReadableStream,
  onLine: (line: string) => void,
): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = text.split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
}
