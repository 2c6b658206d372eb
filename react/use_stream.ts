import { useCallback } from "react";
import type { Realtime } from "../core/types/realtime.ts";
import { foldStream } from "./stream_text.ts";
import { tokenOptions } from "./token_input.ts";
import type { UseRealtimeToken } from "./use_realtime_types.ts";
import { useSharedSubscription } from "./use_shared_subscription.ts";
import type { SubscriptionHookOptions } from "./hook_options.ts";

/** The options of {@linkcode useStream} besides the topic. */
export interface UseStreamOptions extends SubscriptionHookOptions {
  /** A token, or a function that gets one whenever one is needed, such as `() => fetch("/api/realtime-token")`. */
  token?: UseRealtimeToken<Realtime.Subscribe.Token.Like> | undefined;
  /** The channel, if the topic is given by its name and the token has no channel. */
  channel?: Realtime.Channel.Input | undefined;
  /**
   * The gateway's base URL.
   *
   * @default {the token's}
   */
  apiBaseUrl?: string | undefined;
}

/** The result of {@linkcode useStream}. */
export interface UseStreamResult {
  /** The text so far of the topic's newest stream. Chunks other than strings are shown as JSON. */
  text: string;
  /** Whether the stream has ended. */
  done: boolean;
  /** Whether a reader stopped it. Its text then ends there. */
  stopped: boolean;
  /** The error of the stream or of the subscription; while the gateway can't be reached, the reason. */
  error: Error | null;
  /** While it can't be reached: how many milliseconds after this change the next attempt follows. */
  retryInMs: number | null;
  /** The stream's id; `null` without a stream. */
  streamId: string | null;
  /**
   * Stops the stream at its source, for every reader. The token must grant publishing to the topic. The function changes only with the
   * stream.
   *
   * @returns Whether this call ended the stream; `false` if there is no stream, or if the stream had ended before.
   * @throws {RealtimeError} `forbidden`, `not_found`, or that the gateway can't be reached.
   */
  stop: () => Promise<boolean>;
}

/** A topic, by its name or as a typed channel has it. */
export type StreamTopic = string | {
  readonly channel: string;
  readonly topic: string;
};

/**
 * Returns the text of a topic's newest data stream while it grows. After a lost connection the text continues where it was.
 *
 * @param topic The topic's name, or the topic itself: `userChannel("1").ai`.
 * @param options The token, and where the subscription starts.
 *
 * @example Show the answer of a language model
 * ```tsx
 * "use client";
 * import { channel, topic } from "@tidings/realtime";
 * import { useStream } from "@tidings/realtime/hooks";
 *
 * const userChannel = channel((id: string) => `user:${id}`)
 *   .addTopic(topic("answer").type<string>());
 * declare function fetchToken(): Promise<string>;
 *
 * export function Answer({ userId }: { userId: string }) {
 *   const { text, done } = useStream(userChannel(userId).answer, { token: fetchToken });
 *   return <p aria-busy={!done}>{text}</p>;
 * }
 * ```
 */
export function useStream(
  topic: StreamTopic,
  options: UseStreamOptions,
): UseStreamResult {
  const { key, enabled = true } = options;
  const name = typeof topic === "string" ? topic : topic.topic;
  const input = {
    ...options,
    channel: typeof topic === "string" ? options.channel : topic.channel,
    topics: [name],
  };
  const [{ folded, error, retryInMs }, view] = useSharedSubscription({
    ...options,
    ...tokenOptions(input),
    // One function may get the tokens of several topics.
    key: JSON.stringify([name, key]),
    enabled,
    historyLimit: 0,
    fold: foldStream,
  });
  const streamId = folded?.streamId;
  return {
    text: folded?.text ?? "",
    done: folded?.isDone ?? false,
    error: folded?.error ?? error,
    retryInMs,
    stopped: folded?.isStopped ?? false,
    streamId: streamId ?? null,
    stop: useCallback(() => view.stop(folded), [view, streamId]),
  };
}
