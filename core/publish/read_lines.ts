import { readText } from "../http/read_text.ts";

/** Reads a response line by line, each as soon as it is there. Empty lines are left out. */
export async function readLines(
  response: Response,
  action: string,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  await readText(response, action, (text) => {
    const lines = text.split("\n");
    lines[0] = rest + lines[0];
    // The last line goes on in the next piece.
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") onLine(line);
  });
  if (rest !== "") onLine(rest);
}
