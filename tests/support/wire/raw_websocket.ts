import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { type RawAnswer, RawSocket } from "./raw_socket.ts";

/** The opcodes of RFC 6455, by the frame's content. */
export const OPCODES = {
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** How a connection ended; the code is 1006 if the peer sent none. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** Options of a handshake. */
export interface HandshakeOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Subprotocols to offer. */
  readonly protocols?: readonly string[];
}

/** Sends a handshake; returns the socket if the answer is 101. */
export async function shake(
  url: string,
  { headers = {}, protocols = [] }: HandshakeOptions = {},
): Promise<{ answer: RawAnswer; socket: RawWebSocket | undefined }> {
  const { host, pathname, search } = new URL(url);
  const socket = await RawSocket.open(url);
  const fields: Record<string, string> = {
    host,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    ...(protocols.length === 0
      ? {}
      : { "sec-websocket-protocol": protocols.join(", ") }),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  await socket.write(
    `GET ${pathname}${search} HTTP/1.1\r\n${lines.join("")}\r\n`,
  );
  const answer = await socket.takeAnswer();
  if (answer.status === 101) {
    return { answer, socket: new RawWebSocket(socket) };
  }
  await socket.close();
  return { answer, socket: undefined };
}

/** A WebSocket that can send any frame and header, and stop reading. */
export class RawWebSocket implements AsyncDisposable {
  /** Resolves when the connection has ended. */
  readonly closed: Promise<Closed>;
  readonly #socket: RawSocket;
  readonly #texts: string[] = [];
  readonly #pongs: string[] = [];
  #over = false;
  #wake: () => void = () => {};

  constructor(socket: RawSocket) {
    this.#socket = socket;
    this.closed = this.#run();
  }

  /** Returns the next text frame, `undefined` after the last one. */
  next(): Promise<string | undefined> {
    return this.#shift(this.#texts);
  }

  /** Returns the next pong of the WebSocket protocol. */
  nextPong(): Promise<string | undefined> {
    return this.#shift(this.#pongs);
  }

  /** Sends a frame, or several copies of it at once. */
  send(
    payload: string | Uint8Array,
    kind: keyof typeof OPCODES = "text",
    count: number = 1,
  ): Promise<void> {
    const bytes = Buffer.from(payload);
    const mask = randomBytes(4);
    const masked = bytes.map((byte, i) => byte ^ (mask[i % 4] ?? 0));
    const frame = [head(OPCODES[kind], bytes.length), mask, masked];
    return this.#socket.write(
      Buffer.concat(Array.from({ length: count }, () => frame).flat()),
    );
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Sends a close frame and waits for the peer's. */
  async close(code: number = 1000): Promise<Closed> {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    await this.send(payload, "close");
    return this.closed;
  }

  /** Ends the connection without a close frame. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket.close();
    await this.closed;
  }

  async #shift(queue: string[]): Promise<string | undefined> {
    while (queue.length === 0 && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return queue.shift();
  }

  async #run(): Promise<Closed> {
    const closed = await this.#read();
    this.#over = true;
    this.#wake();
    await this.#socket.close();
    return closed;
  }

  async #read(): Promise<Closed> {
    for (;;) {
      const start = await this.#socket.take(2);
      if (start.length < 2) return { code: 1006, reason: "" };
      const opcode = (start[0] ?? 0) & 15;
      const payload = await this.#socket.take(
        await this.#length((start[1] ?? 0) & 127),
      );
      if (opcode === OPCODES.text) {
        this.#texts.push(payload.toString());
        this.#wake();
      } else if (opcode === OPCODES.pong) {
        this.#pongs.push(payload.toString());
        this.#wake();
      } else if (opcode === OPCODES.ping) {
        await this.send(payload, "pong");
      } else if (opcode === OPCODES.close) {
        await this.send(payload, "close");
        return payload.length < 2 ? { code: 1005, reason: "" } : {
          code: payload.readUInt16BE(0),
          reason: payload.subarray(2).toString(),
        };
      }
    }
  }

  async #length(short: number): Promise<number> {
    if (short < 126) return short;
    const bytes = await this.#socket.take(short === 126 ? 2 : 8);
    return short === 126
      ? bytes.readUInt16BE(0)
      : Number(bytes.readBigUInt64BE(0));
  }
}

function head(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | opcode, 0x80 | length]);
  const bytes = Buffer.alloc(length < 65536 ? 4 : 10);
  bytes[0] = 0x80 | opcode;
  bytes[1] = 0x80 | (length < 65536 ? 126 : 127);
  if (length < 65536) bytes.writeUInt16BE(length, 2);
  else bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}
