import type { ControlFrame, ReadyChannel } from "../protocol/frames.ts";
import {
  type Check,
  isBoolean,
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

type Kind = IncomingControlFrame["kind"];

/** A control frame of one kind. */
export type FrameOf<K extends Kind> = Extract<
  IncomingControlFrame,
  { readonly kind: K }
>;

function isDuration(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Infinity;
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

/** Tells whether a kind is that of a control frame. */
export function isControlKind(kind: string): kind is Kind {
  return Object.hasOwn(CHECKS, kind);
}

/** Decodes a control frame. Returns `undefined` for an invalid one. */
export function decodeControlFrame(
  kind: Kind,
  frame: JsonObject,
): IncomingControlFrame | undefined {
  const check: Check<IncomingControlFrame> = CHECKS[kind];
  return check(frame) ? frame : undefined;
}
