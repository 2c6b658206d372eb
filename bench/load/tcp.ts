import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import process from "node:process";
import type { Step } from "./dialects/dialect.ts";

/** The buffer that all connections read into, so that reading allocates nothing. */
const buffer = Buffer.allocUnsafeSlow(256 * 1024);

/** How many connections open at the same time. */
const OPENING = 64;

/** How many loopback addresses they connect from. Each address has its own ports. */
const ADDRESSES = 32;

let opened = 0;

/** A connection that is read without a copy: the bytes given to `onBytes` are valid only until it returns. */
export class Tcp {
  readonly #socket: Socket;
  #onBytes: (bytes: Uint8Array) => void;
  #onEnd: (error: Error) => void = () => {};

  private constructor(port: number, onOpen: () => void) {
    this.#onBytes = () => {};
    // Other systems have only one loopback address.
    const host = process.platform === "linux" ? 2 + opened++ % ADDRESSES : 1;
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      localAddress: `127.0.0.${host}`,
      noDelay: true,
      onread: {
        buffer,
        callback: (length, bytes) => {
          this.#onBytes(bytes.subarray(0, length));
          return true;
        },
      },
    }, onOpen);
    this.#socket.on("error", (error) => this.#onEnd(error));
    this.#socket.on(
      "close",
      () => this.#onEnd(new Error("the connection was closed")),
    );
  }

  /**
   * Connects and takes some steps.
   *
   * @param onBytes Called with the bytes after the last step.
   * @param onEnd Called when the server closes the connection.
   */
  static async open(
    port: number,
    steps: readonly Step[],
    onBytes: (bytes: Uint8Array) => void,
    onEnd: (error: Error) => void,
  ): Promise<Tcp> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const tcp = new Tcp(port, resolve);
    tcp.#onEnd = reject;
    await promise;
    for (const step of steps) await tcp.#take(step, onBytes);
    tcp.#onBytes = onBytes;
    tcp.#onEnd = onEnd;
    return tcp;
  }

  /** Sends bytes. */
  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Closes the connection. */
  close(): void {
    this.#onEnd = () => {};
    this.#onBytes = () => {};
    // A reset frees the port at once. Otherwise it is reserved for a minute, and finding a free one takes the kernel long.
    this.#socket.resetAndDestroy();
  }

  #take(
    { send, until }: Step,
    onBytes: (bytes: Uint8Array) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let read = "";
      this.#onEnd = (error) =>
        reject(
          new Error(
            `Expected "${until}", received "${read}": ${error.message}`,
          ),
        );
      this.#onBytes = (bytes) => {
        read += Buffer.from(bytes).toString("latin1");
        const at = read.indexOf(until);
        if (at < 0) return;
        // Messages may follow at once.
        const rest = read.slice(at + until.length);
        this.#onBytes = onBytes;
        if (rest !== "") onBytes(Buffer.from(rest, "latin1"));
        resolve();
      };
      this.write(send);
    });
  }
}

/** Opens connections, some of them at a time. */
export async function openAll<T>(
  count: number,
  open: (index: number) => Promise<T>,
): Promise<T[]> {
  const all: T[] = [];
  let next = 0;
  async function lane(): Promise<void> {
    while (next < count) {
      const index = next++;
      all[index] = await open(index);
    }
  }
  await Promise.all(Array.from({ length: Math.min(OPENING, count) }, lane));
  return all;
}
