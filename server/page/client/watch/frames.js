/**
 * @typedef {"data" | "run" | "step" | "event" | "datastream-start" | "chunk" | "datastream-end"} MessageKind
 *
 * @typedef {object} Message
 * @property {MessageKind} kind
 * @property {string} channel
 * @property {string} topic
 * @property {string} data JSON text.
 * @property {string} id
 * @property {string} created_at
 * @property {string} [stream_id]
 * @property {string} [metadata] JSON text.
 *
 * @typedef {object} ReadyChannel
 * @property {string} channel
 * @property {string} position
 * @property {boolean} [recovered]
 *
 * @typedef {{ kind: "ready", data: { ping_interval_ms: number, channels: ReadyChannel[] } }} Ready
 * @typedef {{ kind: "gap", channel: string, data: { after: string, before: string } }} Gap
 * @typedef {{ kind: "ping", data: Record<string, string> }} Ping
 * @typedef {{ kind: "closing", data: { reason: string, retry_after_ms?: number } }} Closing
 * @typedef {{ kind: "error", data: { code: string, message: string } }} ErrorFrame
 * @typedef {Message | Ready | Gap | Ping | Closing | ErrorFrame} Frame
 */

const MESSAGE_KINDS = new Set([
  "data",
  "run",
  "step",
  "event",
  "datastream-start",
  "chunk",
  "datastream-end",
]);

/**
 * Parses a frame. It comes from the gateway that served this page, so it needs no validation. What the publisher of a message chose
 * stays text, as `[{},{}]` takes ten times as much memory when it is parsed.
 *
 * @param {string} text
 */
export function parseFrame(text) {
  const frame = JSON.parse(text);
  if (!isMessage(frame)) return frame;
  const { data, metadata } = frame;
  return {
    ...frame,
    data: JSON.stringify(data),
    ...metadata !== undefined && { metadata: JSON.stringify(metadata) },
  };
}

/**
 * @param {Frame} frame
 * @returns {frame is Message}
 */
export function isMessage(frame) {
  return MESSAGE_KINDS.has(frame.kind);
}
