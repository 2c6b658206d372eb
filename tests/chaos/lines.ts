/** Makes lines of a stream's pieces. (node:readline takes U+2028 for the end of one, which JSON has in strings.) */
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
