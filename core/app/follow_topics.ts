import type { IncomingMessage } from "../subscribe/decode_message.ts";
import { subscribe } from "../subscribe/subscribe.ts";
import type { Realtime, RealtimeApp } from "../types/realtime.ts";

/** The topics of a channel that a server follows. */
export interface FollowedTopics {
  readonly app: RealtimeApp;
  readonly channel: string;
  readonly topics: readonly string[];
}

/** Options of {@linkcode followTopics}. */
export type FollowOptions =
  & Pick<
    Realtime.Subscribe.Options<Realtime.Subscribe.Token>,
    "onGap" | "onState" | "signal"
  >
  & {
    /** The start: `start`, or the id of a message. */
    readonly from: string;
  };

/**
 * Yields the messages of topics from a position on, for as long as the caller reads them. Many readers of a server share
 * connections.
 *
 * @throws {RealtimeError} The final error of the subscription; `aborted` if the signal aborts while it is being opened.
 */
export async function* followTopics(
  target: FollowedTopics,
  options: FollowOptions,
): AsyncGenerator<IncomingMessage, void, undefined> {
  yield* await subscribe(target, options);
}
