import type { ControlFrame } from "../protocol/frames.ts";
import {
  type Check,
  isId,
  isJsonObject,
  isText,
  type JsonObject,
  list,
  object,
  optional,
} from "../protocol/shape.ts";

/** A control frame that a subscriber can receive. Only publishers by WebSocket receive `ack`. */
export type IncomingControlFrame = Exclude<
  ControlFrame,
  { readonly kind: "ack" }
>;

function isDuration(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value < Infinity;
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isPositions(value: unknown): boolean {
  return isJsonObject(value) && Object.values(value).every(isId);
}

const CHECKS: Readonly<Record<IncomingControlFrame["kind"], Check>> = {
  ready: object({
    ref: optional(isText),
    data: object({
      session: isText,
      ticket: isText,
      ping_interval_ms: isDuration,
      channels: list(object({
        channel: isText,
        topics: list(isText),
        position: isId,
        recovered: optional(isBoolean),
      })),
    }),
  }),
  gap: object({
    ref: optional(isText),
    channel: isText,
    data: object({ after: isId, before: isId }),
  }),
  ping: object({ data: optional(isPositions) }),
  closing: object({
    data: object({ reason: isText, retry_after_ms: isDuration }),
  }),
  error: object({
    ref: optional(isText),
    data: object({ code: isText, message: isText }),
  }),
};

/** Tells whether a kind is that of a control frame. */
export function isControlKind(
  kind: string,
): kind is IncomingControlFrame["kind"] {
  return Object.hasOwn(CHECKS, kind);
}

/**
 * Decodes a control frame.
 *
 * @returns `undefined` for an invalid frame.
 */
export function decodeControlFrame(
  kind: IncomingControlFrame["kind"],
  frame: JsonObject,
): IncomingControlFrame | undefined {
  return CHECKS[kind](frame)
    ? frame as unknown as IncomingControlFrame
    : undefined;
}
