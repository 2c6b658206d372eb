import type {
  ConnectionLimits,
  ControlFrame,
  ReadyChannel,
} from "../protocol/frames.ts";
import {
  type Check,
  isBoolean,
  isId,
  isJsonObject,
  isText,
  list,
  object,
  optional,
} from "../protocol/shape.ts";
import {
  decodeMessage,
  type IncomingMessage,
  isMessageKind,
} from "./decode_message.ts";

/** A control frame that a subscriber can receive. Only publishers by WebSocket receive `ack`. */
type IncomingControlFrame = Exclude<
  ControlFrame,
  { readonly kind: "ack" }
>;

type Kind = IncomingControlFrame["kind"];

/** A control frame of one kind. */
export type FrameOf<K extends Kind> = Extract<
  IncomingControlFrame,
  { readonly kind: K }
>;

function isDuration(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 1;
}

function isPositions(value: unknown): value is Record<string, string> {
  return isJsonObject(value) && Object.values(value).every(isId);
}

const ref = optional(isText);

const CHECKS: { readonly [K in Kind]: Check<FrameOf<K>> } = {
  ready: object<FrameOf<"ready">, "kind">({
    ref,
    data: object({
      session: isText,
      ticket: isText,
      ping_interval_ms: isDuration,
      limits: optional(object<ConnectionLimits>({
        subscriptions: isCount,
        frames_per_second: isCount,
        frames_at_once: isCount,
      })),
      channels: list(object<ReadyChannel>({
        channel: isText,
        topics: list(isText),
        position: isId,
        recovered: optional(isBoolean),
      })),
    }),
  }),
  gap: object<FrameOf<"gap">, "kind">({
    ref,
    channel: isText,
    data: object({ after: isId, before: isId }),
  }),
  ping: object<FrameOf<"ping">, "kind">({ ref, data: optional(isPositions) }),
  closing: object<FrameOf<"closing">, "kind">({
    ref,
    data: object({ reason: isText, retry_after_ms: isDuration }),
  }),
  error: object<FrameOf<"error">, "kind">({
    ref,
    data: object<FrameOf<"error">["data"], "issues">({
      code: isText,
      message: isText,
    }),
  }),
};

/** A message, a control frame, or a name for what it is instead. */
export type ReadableFrame =
  | IncomingMessage
  | IncomingControlFrame
  | UnknownFrame;

/** A decoded frame. */
export type DecodedFrame = ReadableFrame | InvalidFrame;

/** A frame of a kind that this version does not know. It is to be ignored. */
export interface UnknownFrame {
  readonly kind: "unknown";
}

/** Text that is no frame, or a frame with missing fields or fields of a wrong type. */
export interface InvalidFrame {
  readonly kind: "invalid";
  readonly ref?: undefined;
}

const INVALID: InvalidFrame = { kind: "invalid" };

/**
 * Decodes one frame of the gateway. Every field of the result that this version knows has the right type; a message has no
 * other fields.
 */
export function decodeFrame(text: string): DecodedFrame {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return INVALID;
  }
  if (!isJsonObject(frame) || !isText(frame.kind)) return INVALID;
  const { kind } = frame;
  if (isMessageKind(kind)) return decodeMessage(kind, frame) ?? INVALID;
  if (!Object.hasOwn(CHECKS, kind)) return { kind: "unknown" };
  const check: Check<IncomingControlFrame> = CHECKS[kind as Kind];
  return check(frame) ? frame : INVALID;
}
