import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { setImmediate } from "node:timers";

/** How many pieces a split text is written in. */
const PIECES = 6;

/** A TCP connection that is watched until something was received, or for some time. */
export class Connection {
  readonly #socket: Socket;
  #received: string[] = [];
  #count = 0;
  #isOver = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      this.#received.push(bytes.toString("latin1"));
      this.#count++;
      this.#wake();
    });
    const end = (): void => {
      this.#isOver = true;
      this.#wake();
    };
    socket.on("end", end);
    socket.on("close", end);
    // A reset is an end like any other.
    socket.on("error", end);
  }

  /** Connects to a port of this machine. */
  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Whether the gateway sends nothing more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Returns what was received since the last call, one character for each byte. */
  take(): string {
    return this.#received.splice(0).join("");
  }

  /** Writes a text of bytes, in one piece or in several. */
  async write(bytes: string, isSplit: boolean): Promise<void> {
    const size = isSplit
      ? Math.max(1, Math.ceil(bytes.length / PIECES))
      : bytes.length;
    for (let at = 0; at < bytes.length && !this.#isOver; at += size) {
      if (at > 0) await new Promise((resolve) => setImmediate(resolve));
      this.#socket.write(Buffer.from(bytes.slice(at, at + size), "latin1"));
    }
  }

  /** Ends this side of the connection. */
  finish(): void {
    this.#socket.end();
  }

  /**
   * Waits until a condition holds, which is evaluated whenever something was received, or the gateway ended the connection.
   *
   * @returns Whether that was so within the time.
   */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    for (;;) {
      if (this.#isOver || condition()) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  /** Waits until nothing was received for some time. */
  async quiet(ms: number): Promise<void> {
    let known: number;
    do {
      known = this.#count;
      await this.until(() => this.#count !== known, ms);
    } while (this.#count !== known && !this.#isOver);
  }

  /** Breaks the connection. */
  close(): void {
    this.#socket.destroy();
  }
}
