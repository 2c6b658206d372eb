import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Packet, Socket } from "../wire/socket.ts";

const TEXT_FRAME = 0x81;

/** Encodes texts as text frames of a WebSocket, one after the other. */
function encodeFrames(texts: readonly string[]): Buffer {
  const sizes = texts.map((text) => Buffer.byteLength(text));
  const total = sizes.reduce((sum, size) => sum + headBytes(size) + size, 0);
  const frames = Buffer.allocUnsafe(total);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    const size = sizes[index] ?? 0;
    at = writeHead(frames, at, size);
    at += frames.write(text, at);
  }
  return frames;
}

function headBytes(size: number): number {
  return size < 126 ? 2 : size < 65536 ? 4 : 10;
}

function writeHead(frames: Buffer, start: number, size: number): number {
  const at = frames.writeUInt8(TEXT_FRAME, start);
  if (size < 126) return frames.writeUInt8(size, at);
  if (size < 65536) {
    return frames.writeUInt16BE(size, frames.writeUInt8(126, at));
  }
  return frames.writeBigUInt64BE(BigInt(size), frames.writeUInt8(127, at));
}

/**
 * A socket of `ws` whose frames are written straight to TCP. They are encoded once for all connections; `ws` would encode a head for
 * each connection and hand the kernel two pieces, which costs 6.5 µs instead of 4.5 for a flush of 8 messages.
 */
export class NodeSocket implements Socket {
  readonly #socket: WebSocket;
  readonly #tcp: Duplex;

  /** @param tcp The WebSocket's connection. It uses no extension, so `ws` writes only whole frames there as well. */
  constructor(socket: WebSocket, tcp: Duplex) {
    this.#socket = socket;
    this.#tcp = tcp;
  }

  /** Bytes that wait; none do at a closed socket, which drops them. */
  get buffered(): number {
    return this.#isOpen ? this.#tcp.writableLength : 0;
  }

  send(packet: Packet): void {
    if (!this.#isOpen) return;
    packet.prepared ??= encodeFrames(packet.texts);
    if (packet.prepared instanceof Buffer) this.#tcp.write(packet.prepared);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(code: number, reason: string): void {
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), 1000).unref();
  }

  get #isOpen(): boolean {
    const { readyState, OPEN } = this.#socket;
    return readyState === OPEN;
  }
}
