import { Buffer } from "node:buffer";

/** A mask of zeros: the protocol allows it, and the payload stays readable. */
const MASK = Buffer.alloc(4);

/** Returns the head of a frame whose first byte has the flags and the opcode. */
function headOf(first: number, length: number): Buffer {
  if (length < 126) return Buffer.from([first, 0x80 | length, ...MASK]);
  const bytes = Buffer.alloc(length < 65536 ? 4 : 10);
  bytes[0] = first;
  bytes[1] = 0x80 | (length < 65536 ? 126 : 127);
  if (length < 65536) bytes.writeUInt16BE(length, 2);
  else bytes.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([bytes, MASK]);
}

function make(first: number, payload: Uint8Array): Buffer {
  return Buffer.concat([headOf(first, payload.length), payload]);
}

/** Makes the WebSocket frames of a client, including frames that break the protocol. */
export const frame = {
  /** Returns the head of an unfragmented frame, without its payload. */
  head: (opcode: number, length: number): Buffer =>
    headOf(0x80 | opcode, length),
  /** Returns a frame whose first byte has the flags and the opcode. */
  make,
  /** Returns a text frame. */
  text: (text: string): Buffer => make(0x81, Buffer.from(text)),
  /** Joins frames that are sent in one write. */
  join: (frames: readonly Uint8Array[]): Buffer => Buffer.concat(frames),
} as const;
