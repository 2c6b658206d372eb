import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";
import { parseArgs } from "node:util";

/**
 * Returns the port to serve an example on: that of `--port`, else the example's own one, else the next free one. It is never 0, so that the
 * example knows its URL before it listens.
 *
 * A port that can't be used ends the process with one line.
 *
 * @param own The example's own port; 0 stands for any free one.
 */
export async function choosePort(own: number = 3000): Promise<number> {
  const wanted = readPort();
  if (wanted !== undefined) {
    const found = await probe(wanted);
    if (typeof found === "number") return found;
    return exit(1, `Cannot listen on port ${wanted}: ${found}`);
  }
  let port = own;
  let found = await probe(port);
  while (found === IN_USE) found = await probe(++port);
  if (port !== own) {
    console.log(`Port ${own} is in use, so the example takes port ${port}`);
  }
  return typeof found === "number" ? found : port;
}

/** Returns a free port. */
export async function freePort(): Promise<number> {
  return Number(await probe(0));
}

const IN_USE = "it is in use; choose another with --port, or 0 for a free one";

/** Reads `--port` from the command line. */
function readPort(): number | undefined {
  try {
    const { values } = parseArgs({ options: { port: { type: "string" } } });
    if (values.port === undefined) return undefined;
    const port = Number(values.port);
    if (/^\d+$/.test(values.port) && port <= 65_535) return port;
    return exit(
      2,
      `Cannot use --port "${values.port}": it must be a whole number from 0 to 65535`,
    );
  } catch (error) {
    return exit(2, error instanceof Error ? error.message : String(error));
  }
}

/** Listens on a port, 0 for any free one, for a moment; returns the port's number, or the reason when that fails. */
async function probe(port: number): Promise<number | string> {
  const server = createServer();
  try {
    const listening = once(server, "listening");
    server.listen(port, "127.0.0.1");
    await listening;
  } catch (error) {
    const { code, message } = Object(error);
    return code === "EADDRINUSE" ? IN_USE : message;
  }
  const address = server.address();
  const closed = once(server, "close");
  server.close();
  await closed;
  return typeof address === "object" && address ? address.port : port;
}

function exit(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}
