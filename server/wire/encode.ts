import { Buffer } from "node:buffer";
import type { ControlFrame } from "../../core/protocol/frames.ts";
import { formatId } from "../../core/protocol/id.ts";
import type { LogEntry } from "../brokers/broker.ts";
import { Packet } from "./socket.ts";

/** What a client understands, and over what. */
export type Wire = "ws" | "ws.v1" | "sse" | "sse.v1";

/** The most that is sent at once, be it in one frame or in several. */
const BATCH_BYTES = 64 * 1024;

/** Whether the client knows more than Inngest's kinds. */
export function isV1(wire: Wire): boolean {
  return wire.endsWith(".v1");
}

/** One SSE event. `data` is one line; the id has no line break by its form. */
export function sseEvent(data: string, id?: string): string {
  return id === undefined
    ? `data: ${data}\n\n`
    : `id: ${id}\ndata: ${data}\n\n`;
}

/**
 * Encodes messages for all connections of one wire: many in one packet, and in one frame where the wire allows it.
 *
 * @param idOf The SSE event's id of an entry, where it is not the message's own.
 */
export function encodeEntries(
  wire: Wire,
  epoch: string,
  entries: readonly LogEntry[],
  idOf?: (entry: LogEntry) => string,
): Packet[] {
  const packets: Packet[] = [];
  let lines: string[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const line = encodeLine(wire, epoch, entry, idOf?.(entry));
    const size = line === entry.raw
      ? Buffer.byteLength(line)
      : entry.bytes + (line.length - entry.json.length) + 1;
    if (lines.length > 0 && bytes + size > BATCH_BYTES) {
      packets.push(packet(wire, lines, bytes));
      lines = [];
      bytes = 0;
    }
    lines.push(line);
    bytes += size;
  }
  if (lines.length > 0) packets.push(packet(wire, lines, bytes));
  return packets;
}

/** A plain client's frames hold one message each. */
function packet(wire: Wire, lines: string[], bytes: number): Packet {
  if (wire === "ws") return new Packet(lines, bytes);
  return new Packet([lines.join(wire === "ws.v1" ? "\n" : "")], bytes);
}

/** Encodes what the gateway says of the connection, for a client of `tidings.v1`. */
export function encodeControl(wire: Wire, frame: ControlFrame): Packet {
  const json = JSON.stringify(frame);
  const text = wire === "sse.v1" ? sseEvent(json) : json;
  return new Packet([text], Buffer.byteLength(text));
}

function encodeLine(
  wire: Wire,
  epoch: string,
  entry: LogEntry,
  id: string | undefined,
): string {
  if (wire === "ws.v1") return entry.json;
  if (wire === "ws") return entry.raw ?? entry.json;
  // What is published to `tee` is an event stream already: Inngest's browser code parses it as it was sent.
  if (wire === "sse" && entry.raw !== undefined) return entry.raw;
  return sseEvent(entry.json, id ?? formatId(epoch, entry.offset));
}
