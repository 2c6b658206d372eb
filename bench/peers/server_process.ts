import { connect, createServer } from "node:net";
import { Child } from "../../tests/support/process/child.ts";

/** How long a server may take to listen. */
const START_MS = 20_000;

/** A server that runs. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /**
   * The processes whose CPU counts.
   *
   * @default {its own}
   */
  readonly pids?: readonly number[];
  /** Where subscribers connect. */
  readonly port: number;
  /** Where publishers do. */
  readonly publishPort: number;
  /** What the tokens are made with that it takes, if it takes any. */
  readonly signingKey?: string;
  /** The memory that it occupies, in bytes, after a collection of its garbage where it has one. */
  residentBytes(): Promise<number>;
}

/**
 * Starts a server that prints `listens on <url>`.
 *
 * @param isCollecting Whether it collects its garbage on a line of input, and then prints a line of JSON.
 */
export async function startAnnounced(
  command: readonly string[],
  isCollecting: boolean,
  signingKey?: string,
): Promise<ServerProcess> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let onCollected = () => {};
  const child = new Child(command, (line) => {
    const [, port] = /listens on http:\S+:(\d+)$/.exec(line) ?? [];
    if (port !== undefined) resolve(Number(port));
    else if (line.startsWith("{")) onCollected();
  });
  const port = await started(child, command, promise);
  return {
    ...running(child, port, port),
    ...(signingKey === undefined ? {} : { signingKey }),
    async residentBytes() {
      // What the first one finds, the second one frees; and the allocator gives it back in between.
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

/** Starts a server that listens on ports it was told. */
export async function startOnPorts(
  command: readonly string[],
  port: number,
  publishPort: number,
): Promise<ServerProcess> {
  const child = new Child(command, () => {});
  await started(child, command, accepts(child, port));
  return running(child, port, publishPort);
}

/** Ports that are free at this moment. */
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

async function started<T>(
  child: Child,
  command: readonly string[],
  promise: Promise<T>,
): Promise<T> {
  const failed = Promise.withResolvers<never>();
  const fail = (): void =>
    failed.reject(
      new Error(`Cannot start ${command.join(" ")}: ${child.errors}`),
    );
  void child.exited.then(fail);
  const timer = setTimeout(fail, START_MS);
  try {
    return await Promise.race([promise, failed.promise]);
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
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
