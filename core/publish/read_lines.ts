/** Reads a response line by line, each as soon as it is there. Empty lines are left out. */
export async function readLines(
  { body }: Response,
  onLine: (line: string) => void,
): Promise<void> {
  if (!body) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
    // The last line goes on in the next piece, unless there is none.
    rest = done ? "" : lines.pop() ?? "";
    for (const line of lines) if (line !== "") onLine(line);
    if (done) return;
  }
}
