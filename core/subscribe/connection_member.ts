import type { RealtimeError } from "../protocol/errors.ts";
import type { StateDetails } from "../types/subscription.ts";
import type { ReadableFrame } from "./decode_frame.ts";

/** The state of a connection. It is `idle` while a page keeps it open without members, and `waiting` before its next attempt. */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "open"
  | "waiting"
  | "closed";

type MemberFrame = Exclude<
  ReadableFrame,
  { readonly kind: "closing" | "unknown" }
>;

/** A user of a connection. It receives the frames for itself and those for all members. */
export interface ConnectionMember {
  /** Its topics, each with its channel. */
  readonly topics: readonly string[];
  /** Tells the app of an error. One member tells of what concerns them all. */
  readonly onError: (error: RealtimeError) => void;
  /** Returns the token or ticket that it would present now. If there is none, the member asks the app for one. */
  present(): string | undefined;
  /** Handles a frame. Its size is its length in characters. */
  receive(frame: MemberFrame, size: number): void;
  /**
   * Handles a change of the connection's state. When it is `open` the member can send its `sub`; when it is `connecting` or `waiting` the
   * gateway has no subscription of the member.
   *
   * @param details Why it is lost, and when it is tried again.
   * @param refusal The gateway's reason for closing, if another attempt alone does not help.
   */
  connectionChanged(
    state: ConnectionState,
    details: StateDetails,
    refusal?: RealtimeError,
  ): void;
}
