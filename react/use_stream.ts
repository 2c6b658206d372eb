import { useCallback } from "react";
import type { RealtimeError } from "../core/protocol/errors.ts";
import type { Realtime } from "../core/types/realtime.ts";
import { foldStream } from "./stream_text.ts";
import { complete, knownTarget } from "./token_input.ts";
import type { UseRealtimeToken } from "./use_realtime_types.ts";
import { useView } from "./use_view.ts";

/** What {@linkcode useStream} takes besides the topic. */
export interface UseStreamOptions {
  /** A token, or what gets one whenever one is needed. */
  token?: UseRealtimeToken<Realtime.Subscribe.Token>;
  /** The channel, where the topic is given by its name and the token doesn't have it. */
  channel?: string | Realtime.Channel;
  /** Begins anew when it changes, as with another user. */
  key?: string;
  /**
   * Whether to be connected.
   *
   * @default {true}
   */
  enabled?: boolean;
  /**
   * The gateway's base URL.
   *
   * @default {the token's}
   */
  apiBaseUrl?: string;
  /**
   * Where it starts. A stream that is still open is always shown from its start; with `"start"` so is one that has ended.
   *
   * @default {"live"}
   */
  from?: Realtime.Subscribe.From;
  /** Called where messages are lost. */
  onGap?: (gap: Realtime.Subscribe.Gap) => void;
  /** Called with what goes wrong without ending the subscription. */
  onError?: (error: RealtimeError) => void;
}

/** What {@linkcode useStream} returns. */
export interface UseStreamResult {
  /** The text so far, of the topic's newest stream. Pieces that are no strings are shown as JSON. */
  text: string;
  /** Whether the stream has ended. */
  done: boolean;
  /** Whether a reader stopped it: then its text is what had come until then. */
  stopped: boolean;
  /** Why the stream, or the subscription, failed. */
  error: Error | null;
  /** The stream's id; `null` before there is one. */
  streamId: string | null;
  /**
   * Stops the stream at its source, for every reader. The token must grant to publish to the topic. The function stays the same as long as
   * the stream does.
   *
   * @returns Whether that is how it ended; `false` where there is no stream, or it had ended before.
   * @throws {RealtimeError} `forbidden`, `not_found`; what keeps the gateway from being reached.
   */
  stop: () => Promise<boolean>;
}

/** A topic: by its name, or as a typed channel has it. */
export type StreamTopic = string | {
  readonly channel: string;
  readonly topic: string;
};

/**
 * Shows a data stream's text while it grows: the newest stream of a topic. The text goes on where it stood when the
 * connection was lost.
 *
 * @param topic The topic's name, or the topic itself: `userChannel("1").ai`.
 * @param options The token, and where it starts.
 *
 * @example An answer of a language model
 * ```tsx
 * "use client";
 * import { channel, topic } from "@tidings/realtime";
 * import { useStream } from "@tidings/realtime/hooks";
 * import type { ReactElement } from "react";
 *
 * const userChannel = channel((id: string) => `user:${id}`)
 *   .addTopic(topic("answer").type<string>());
 * declare function fetchToken(): Promise<string>;
 *
 * export function Answer({ userId }: { userId: string }): ReactElement {
 *   const { text, done } = useStream(userChannel(userId).answer, { token: fetchToken });
 *   return <p aria-busy={!done}>{text}</p>;
 * }
 * ```
 */
export function useStream(
  topic: StreamTopic,
  options: UseStreamOptions,
): UseStreamResult {
  const { token, key, enabled = true } = options;
  const name = typeof topic === "string" ? topic : topic.topic;
  const input = {
    ...options,
    channel: typeof topic === "string" ? options.channel : topic.channel,
    topics: [name],
  };
  const [{ folded, error }, view] = useView({
    grant: knownTarget(input),
    factory: typeof token === "function" ? token : undefined,
    // One function may give the tokens of several topics.
    key: JSON.stringify([name, key]),
  }, {
    tokenId: typeof token === "object" ? token.key ?? "" : "",
    token: async () =>
      complete(typeof token === "function" ? await token() : token, input),
    isEnabled: enabled,
    limit: 0,
    fold: foldStream,
    interval: 0,
    from: options.from,
    onGap: options.onGap,
    onError: options.onError,
  });
  const streamId = folded?.streamId;
  return {
    text: folded?.text ?? "",
    done: folded?.isDone ?? false,
    error: folded?.error ?? error,
    stopped: folded?.isStopped ?? false,
    streamId: streamId ?? null,
    stop: useCallback(() => view.stop(folded), [view, streamId]),
  };
}
