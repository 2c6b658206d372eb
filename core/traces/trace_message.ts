import { parseTrace } from "../protocol/trace.ts";
import type { MessageBase } from "../types/message.ts";
import type { ChannelNaming } from "../types/traces.ts";
import { inSpan } from "./messaging_span.ts";
import { openTelemetry } from "./open_telemetry.ts";

/**
 * Handles a received message in a span of OpenTelemetry that continues the trace of the message's publisher. The span is active while the
 * function runs, so that spans in it are its children. Without a registered tracer the function just runs.
 *
 * @example
 * ```ts
 * import { type Realtime, subscribe, traceMessage } from "@tidings/realtime";
 *
 * export async function handleAll(token: Realtime.Subscribe.Token) {
 *   for await (const message of await subscribe(token)) {
 *     await traceMessage(message, async () => {
 *       console.log(message.data);
 *     });
 *   }
 * }
 * ```
 *
 * @param message A message of a subscription.
 * @param handle Handles the message. The span ends when it returns or, if it returns a promise, when that settles.
 * @returns The result of `handle`.
 * @throws The error of `handle`.
 */
export function traceMessage<T>(
  message: Pick<MessageBase<string, string>, "channel" | "id" | "trace">,
  handle: () => T,
  { traceChannel }: ChannelNaming = {},
): T {
  const telemetry = openTelemetry();
  if (!telemetry) return handle();
  const { channel, id, trace } = message;
  return inSpan(telemetry, {
    kind: "consumer",
    destination: { channel, traceChannel },
    id,
    publisher: parseTrace(trace),
  }, handle);
}
