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
 * import type { Realtime } from "@tidings/realtime";
 * import { useInngestSubscription } from "@tidings/realtime/hooks";
 * import type { ReactElement } from "react";
 *
 * declare function fetchToken(): Promise<Realtime.Subscribe.Token>;
 *
 * export function Messages(): ReactElement {
 *   const { data, error } = useInngestSubscription({ refreshToken: fetchToken });
 *   if (error) return <p role="alert">{error.message}</p>;
 *   return (
 *     <ul>{data.map((message) => <li key={message.id}>{String(message.data)}</li>)}</ul>
 *   );
 * }
 * ```
 *
 * @module
 */
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
