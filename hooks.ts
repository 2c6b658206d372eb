"use client";
/**
 * React hooks: components that show what is published to a channel.
 *
 * Components that subscribe to the same topics share one subscription: its messages, its token and its connection. On a server the hooks
 * render the state before the first message.
 *
 * @example
 * ```tsx
 * "use client";
 * import { useStream } from "@tidings/realtime/hooks";
 *
 * export function Answer({ fetchToken }: { fetchToken: () => Promise<string> }) {
 *   const { text, error } = useStream("answer", { channel: "user:1", token: fetchToken });
 *   return <p role={error ? "alert" : "status"}>{error?.message ?? text}</p>;
 * }
 * ```
 *
 * @module
 */
export type { Duration } from "./core/protocol/duration.ts";
export type * from "./react/hook_options.ts";
export {
  type InngestSubscription,
  InngestSubscriptionState,
  useInngestSubscription,
  type UseInngestSubscriptionOptions,
} from "./react/use_inngest_subscription.ts";
export { useRealtime } from "./react/use_realtime.ts";
export type * from "./react/use_realtime_types.ts";
export {
  type StreamTopic,
  useStream,
  type UseStreamOptions,
  type UseStreamResult,
} from "./react/use_stream.ts";
export {
  SubscriptionState,
  useSubscription,
  type UseSubscriptionOptions,
  type UseSubscriptionResult,
} from "./react/use_subscription.ts";
