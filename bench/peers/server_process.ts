import { connect, createServer } from "node:net";
import {
  Child,
  started,
  startListening,
} from "../../tests/support/process/child.ts";

/** A running server. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /**
   * The processes whose CPU time is measured.
   *
   * @default {its own process}
   */
  readonly pids?: readonly number[];
  /** The port of subscribers. */
  readonly port: number;
  /** The port of publishers. */
  readonly publishPort: number;
  /** The signing key of its tokens; absent for servers without tokens. */
  readonly signingKey?: string;
  /** Returns its resident memory in bytes, after a garbage collection where it has garbage. */
  residentBytes(): Promise<number>;
  /** Returns the bytes of the files that it stores messages in; absent for servers without files. */
  fileBytes?(): number;
}

/**
 * Starts a server that prints `listens on <url>`.
 *
 * @param isCollecting Whether it collects garbage at a line of input and answers with a line of JSON.
 */
export async function startAnnounced(
  command: readonly string[],
  isCollecting: boolean,
  signingKey?: string,
): Promise<ServerProcess> {
  let onCollected = () => {};
  const { child, url } = await startListening(command, (line) => {
    if (line.startsWith("{")) onCollected();
  });
  const port = Number(new URL(url).port);
  return {
    ...running(child, port, port),
    ...(signingKey === undefined ? {} : { signingKey }),
    async residentBytes() {
      // The first collection finalizes objects that the second one frees.
      for (let i = 0; i < 2 && isCollecting; i++) {
        await new Promise<void>((resolve) => {
          onCollected = resolve;
          child.write("memory");
        });
      }
      return child.residentBytes ?? 0;
    },
  };
}

/** Starts a server that listens on given ports. */
export async function startOnPorts(
  command: readonly string[],
  port: number,
  publishPort: number,
): Promise<ServerProcess> {
  const child = new Child(command, () => {});
  await started(child, command, accepts(child, port));
  return running(child, port, publishPort);
}

/** Returns ports that are free now. The servers that need them can't choose a free port themselves. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map((server) =>
      new Promise<number>((resolve) => {
        server.listen(0, "127.0.0.1", () => {
          resolve(Object(server.address()).port);
        });
      })
    ),
  );
  for (const server of servers) server.close();
  return ports;
}

async function accepts(child: Child, port: number): Promise<void> {
  while (!child.isOver && !await canConnect(port)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function running(
  child: Child,
  port: number,
  publishPort: number,
): ServerProcess {
  return {
    pid: child.pid,
    port,
    publishPort,
    residentBytes: () => Promise.resolve(child.residentBytes ?? 0),
    [Symbol.asyncDispose]: () => child.stop(),
  };
}
