/**
 * @typedef {"data" | "run" | "step" | "event" | "datastream-start" | "chunk" | "datastream-end"} MessageKind
 *
 * @typedef {object} Message
 * @property {MessageKind} kind
 * @property {string} channel
 * @property {string} topic
 * @property {unknown} data
 * @property {string} id
 * @property {string} created_at
 * @property {string} [stream_id]
 * @property {unknown} [metadata]
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
 * Parses the frames of a WebSocket message, which `tidings.v1` joins by newlines. They come from the gateway that served this page,
 * so they need no validation.
 *
 * @param {string} text
 * @returns {Frame[]}
 */
export function parseFrames(text) {
  return text.split("\n").map((line) => JSON.parse(line));
}

/**
 * @param {Frame} frame
 * @returns {frame is Message}
 */
export function isMessage(frame) {
  return MESSAGE_KINDS.has(frame.kind);
}
