import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import process from "node:process";
import type { Step } from "./dialects/dialect.ts";

/** What is read goes here, whichever connection it came on: so reading allocates nothing. */
const buffer = Buffer.allocUnsafeSlow(256 * 1024);

/** How many are opened at the same time. */
const OPENING = 64;

/** How many addresses of the loopback network they come from: each has ports of its own. */
const ADDRESSES = 8;

let opened = 0;

/** A connection that bytes are read from without a copy: those given to `onBytes` are gone after it returns. */
export class Tcp {
  readonly #socket: Socket;
  #onBytes: (bytes: Uint8Array) => void;
  #onEnd: (error: Error) => void = () => {};

  private constructor(port: number, onOpen: () => void) {
    this.#onBytes = () => {};
    // Other systems than Linux have only one address there.
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
    this.#socket.on("close", () => this.#onEnd(new Error("it was closed")));
  }

  /**
   * Connects, and goes through the steps.
   *
   * @param onBytes Gets what follows the last step's answer.
   * @param onEnd Told when the peer ends it.
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

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Hangs up. */
  close(): void {
    this.#onEnd = () => {};
    this.#onBytes = () => {};
    this.#socket.destroy();
  }

  #take(
    { send, until }: Step,
    onBytes: (bytes: Uint8Array) => void,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let read = "";
      this.#onEnd = (error) =>
        reject(
          new Error(`${until} did not come, but "${read}": ${error.message}`),
        );
      this.#onBytes = (bytes) => {
        read += Buffer.from(bytes).toString("latin1");
        const at = read.indexOf(until);
        if (at < 0) return;
        // Messages may come right behind.
        const rest = read.slice(at + until.length);
        this.#onBytes = onBytes;
        if (rest !== "") onBytes(Buffer.from(rest, "latin1"));
        resolve();
      };
      this.write(send);
    });
  }
}

/** Opens many, some at a time. */
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
