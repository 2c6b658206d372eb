import type { errorOf } from "./frame.ts";
import { gatewayFetch } from "./gateway_fetch.ts";
import type { TokenSource } from "./token_source.ts";

/** A data stream: any message of one is one, too. */
export interface StreamPlace {
  /** The channel's name. */
  readonly channel: string;
  /** The topic's name. */
  readonly topic: string;
  /** The stream's id. */
  readonly streamId: string;
}

/**
 * Stops a data stream.
 *
 * @param url The gateway's base URL.
 * @param tokens What the subscription presents: it must grant to publish to the stream's topic.
 * @param toError Makes the error. It is given, as a bundle that is loaded later would else take what it has of the first out of that.
 * @returns Whether that is how it ended.
 * @throws {RealtimeError} What the gateway refused it for; `network` where it can't be reached.
 */
export async function stopStream(
  url: string,
  tokens: TokenSource,
  { channel, topic, streamId }: StreamPlace,
  toError: typeof errorOf,
): Promise<boolean> {
  // The session's ticket, unless it was refused.
  if (!tokens.jwt) await tokens.renew();
  const query = new URLSearchParams({ channel, topic, stream_id: streamId });
  let answer: { stopped?: boolean; error?: Parameters<typeof errorOf>[0] };
  try {
    const response = await gatewayFetch(url)(
      `${url}/v1/realtime/stream/stop?${query}`,
      { method: "POST", headers: { authorization: `Bearer ${tokens.jwt}` } },
    );
    answer = await response.json();
  } catch {
    throw toError({
      code: "network",
      message: "Cannot stop the stream: the gateway can't be reached",
    });
  }
  if (answer.error) throw toError(answer.error);
  return answer.stopped === true;
}
