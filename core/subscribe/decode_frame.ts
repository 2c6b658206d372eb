import { isJsonObject, isText } from "../protocol/shape.ts";
import {
  decodeControlFrame,
  type IncomingControlFrame,
  isControlKind,
} from "./decode_control_frame.ts";
import {
  decodeMessage,
  type IncomingMessage,
  isMessageKind,
} from "./decode_message.ts";

/** A decoded frame: a message, a control frame, or a name for what it is instead. */
export type DecodedFrame =
  | IncomingMessage
  | IncomingControlFrame
  | UnknownFrame
  | InvalidFrame;

/** A frame of a kind that this version does not know. It is to be ignored. */
export interface UnknownFrame {
  readonly kind: "unknown";
}

/** Text that is no frame, or a frame with missing fields or fields of a wrong type. */
export interface InvalidFrame {
  readonly kind: "invalid";
  readonly ref?: undefined;
}

const UNKNOWN: UnknownFrame = { kind: "unknown" };
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
  if (isControlKind(kind)) return decodeControlFrame(kind, frame) ?? INVALID;
  return UNKNOWN;
}
