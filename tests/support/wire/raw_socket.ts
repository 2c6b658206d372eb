import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** An HTTP answer, as far as it was read: its body has what came together with the head. */
export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Bytes on a TCP connection, sent and read as a test wants them: split anywhere, broken off, or not read at all. */
export class RawSocket implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    this.#closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#ended = true;
        this.#wake();
        resolve();
      });
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    // A reset is an end like any other: who reads sees that nothing more comes.
    socket.on("error", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Connects to the host and port of a URL. */
  static open(url: string): Promise<RawSocket> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new RawSocket(socket));
      });
    });
  }

  /** Whether the peer sends nothing more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Sends; resolves when the kernel has it, or never will. */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(bytes, () => resolve());
    });
  }

  /** Stops to take what comes: the kernel's buffers fill, then the peer's queue. */
  pause(): void {
    this.#socket.pause();
  }

  /** Takes what comes again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Takes exactly so many bytes; fewer where the peer ended. */
  async take(count: number): Promise<Buffer> {
    while (this.#received.length < count && !this.#ended) await this.#more();
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(taken.length);
    return taken;
  }

  /** Takes everything up to and including a text; all that came where the peer ended before. */
  async takeUntil(text: string): Promise<string> {
    let at = this.#received.indexOf(text);
    while (at < 0 && !this.#ended) {
      await this.#more();
      at = this.#received.indexOf(text);
    }
    const length = at < 0 ? this.#received.length : at + text.length;
    return (await this.take(length)).toString();
  }

  /** Takes everything until the peer ends. */
  async takeAll(): Promise<string> {
    while (!this.#ended) await this.#more();
    return (await this.take(this.#received.length)).toString();
  }

  /** Takes the head of an HTTP answer, and its body where `content-length` says how long that is. */
  async takeAnswer(): Promise<RawAnswer> {
    const [status = "", ...fields] = (await this.takeUntil("\r\n\r\n"))
      .trimEnd().split("\r\n");
    const headers = new Map(fields.map((field) => {
      const colon = field.indexOf(":");
      const value = field.slice(colon + 1).trim();
      return [field.slice(0, colon).toLowerCase(), value];
    }));
    const length = Number(headers.get("content-length") ?? 0);
    return {
      status: Number(status.split(" ")[1]),
      headers,
      body: (await this.take(length)).toString(),
    };
  }

  /** Hangs up, with nothing said. */
  close(): Promise<void> {
    this.#socket.destroy();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
