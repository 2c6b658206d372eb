import { Buffer } from "node:buffer";
import type { ControlFrame } from "../../core/protocol/frames.ts";
import { formatId } from "../../core/protocol/id.ts";
import type { LogEntry } from "./log_entry.ts";
import { Packet } from "./socket.ts";

/** A transport (WebSocket or Server-Sent Events) and a protocol (Inngest's, or with `.v1` our own). */
export type Wire = "ws" | "ws.v1" | "sse" | "sse.v1";

/** Most bytes of one packet, unless a single message is larger. */
const BATCH_BYTES = 64 * 1024;

/** Tells whether a client understands `tidings.v1`: batches and control frames. */
export function isV1(wire: Wire): boolean {
  return wire === "ws.v1" || wire === "sse.v1";
}

/** Returns the transport of a wire, under its name in logs and metrics. */
export function transportOf(wire: Wire): "websocket" | "sse" {
  return wire === "ws" || wire === "ws.v1" ? "websocket" : "sse";
}

/** Encodes messages for all connections of a wire, as few packets. Without `idOf` the id of an SSE event is the message's own. */
export function encodeEntries(
  wire: Wire,
  epoch: string,
  entries: readonly LogEntry[],
  idOf?: (entry: LogEntry) => string,
): Packet[] {
  const packets: Packet[] = [];
  let texts: string[] | undefined;
  let bytes = 0;
  for (const entry of entries) {
    const text = encodeEntry(wire, epoch, entry, idOf?.(entry));
    const size = byteLength(text, entry);
    if (texts && bytes + size > BATCH_BYTES) {
      packets.push(joinTexts(wire, texts, bytes));
      texts = undefined;
      bytes = 0;
    }
    // V8 makes room for 17 when it adds to an empty list.
    if (texts) texts.push(text);
    else texts = [text];
    bytes += size;
  }
  if (!texts) return packets;
  const last = joinTexts(wire, texts, bytes);
  return packets.length === 0 ? [last] : [...packets, last];
}

/** Encodes a control frame, for a client of `tidings.v1`. */
export function encodeControl(wire: Wire, frame: ControlFrame): Packet {
  const json = JSON.stringify(frame);
  const text = wire === "sse.v1" ? sseEvent(json) : json;
  return new Packet([text], Buffer.byteLength(text));
}

function encodeEntry(
  wire: Wire,
  epoch: string,
  entry: LogEntry,
  eventId: string | undefined,
): string {
  switch (wire) {
    case "ws.v1":
      return entry.json;
    case "ws":
      return entry.raw ?? entry.json;
    case "sse":
      // Bytes that were published to `tee` are an event stream already, which Inngest's browser code parses.
      if (entry.raw !== undefined) return entry.raw;
  }
  return sseEvent(entry.json, eventId ?? formatId(epoch, entry.offset));
}

/** Encodes one SSE event. The data are one line of JSON, and no id has a line break. */
function sseEvent(data: string, id?: string): string {
  return id === undefined
    ? `data: ${data}\n\n`
    : `id: ${id}\ndata: ${data}\n\n`;
}

/** Returns the bytes of an encoded entry, with a separator. Only raw bytes have to be counted. */
function byteLength(text: string, entry: LogEntry): number {
  if (text === entry.raw) return Buffer.byteLength(text);
  return entry.bytes + (text.length - entry.json.length) + 1;
}

/** Makes a packet: one frame for each text for plain WebSocket clients, one text for all others. */
function joinTexts(wire: Wire, texts: string[], bytes: number): Packet {
  if (wire === "ws") return new Packet(texts, bytes);
  return new Packet([texts.join(wire === "ws.v1" ? "\n" : "")], bytes);
}
