import type { MessageKind } from "../../core/protocol/frames.ts";

/** A message that is to be appended to a channel's log. */
export interface NewMessage {
  /** The topic that it is published to. */
  readonly topic: string;
  /** Its kind. */
  readonly kind: MessageKind;
  /** The data stream that it belongs to, if any. */
  readonly streamId?: string;
  /** The frame's JSON text without its id and the closing brace. The broker appends `,"id":"…"}`. */
  readonly head: string;
  /** Text that plain clients get instead of the frame: what was published to `publish/tee`. */
  readonly raw?: string;
}

/** A message in a channel's log. All readers share its text. */
export interface LogEntry extends Omit<NewMessage, "head"> {
  /** Its place in the log: the message before has the number below. */
  readonly offset: number;
  /** The frame that clients get, as one line of JSON. */
  readonly json: string;
  /** Bytes of `json` in UTF-8. */
  readonly bytes: number;
}
