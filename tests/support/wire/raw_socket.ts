import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** An HTTP answer; its body may be cut off. */
export interface RawAnswer {
  readonly status: number;
  /** The headers, by their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A TCP connection on which a test splits bytes anywhere, breaks off, or stops reading. */
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
    // A reset is treated like any other end.
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

  /** Sends bytes; resolves when the kernel has taken them, or the connection is closed. */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.write(bytes, () => resolve());
    });
  }

  /** Stops reading: the kernel's buffers fill up, then the peer's send queue. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Reads a number of bytes; returns fewer when the peer ended. */
  async take(count: number): Promise<Buffer> {
    while (this.#received.length < count && !this.#ended) await this.#more();
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(taken.length);
    return taken;
  }

  /** Reads up to and including a text, or everything when the peer ended before it. */
  async takeUntil(text: string): Promise<string> {
    let at = this.#received.indexOf(text);
    while (at < 0 && !this.#ended) {
      await this.#more();
      at = this.#received.indexOf(text);
    }
    const length = at < 0 ? this.#received.length : at + text.length;
    return (await this.take(length)).toString();
  }

  /** Reads everything until the peer ends. */
  async takeAll(): Promise<string> {
    while (!this.#ended) await this.#more();
    return (await this.take(this.#received.length)).toString();
  }

  /**
   * Reads the head of an HTTP answer, and its body as far as `content-length` says.
   *
   * @param hasBody `false` for the answer to `HEAD`.
   */
  async takeAnswer(hasBody: boolean = true): Promise<RawAnswer> {
    const [status = "", ...fields] = (await this.takeUntil("\r\n\r\n"))
      .trimEnd().split("\r\n");
    const headers = new Map(fields.map((field) => {
      const colon = field.indexOf(":");
      const value = field.slice(colon + 1).trim();
      return [field.slice(0, colon).toLowerCase(), value];
    }));
    const length = hasBody ? Number(headers.get("content-length") ?? 0) : 0;
    return {
      status: Number(status.split(" ")[1]),
      headers,
      body: (await this.take(length)).toString(),
    };
  }

  /** Ends the connection without a goodbye. */
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
