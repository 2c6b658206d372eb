import type { MessageFrame } from "../../core/protocol/frames.ts";

/** Reads a channel's messages from the gateway's log. */
export async function readHistory(
  { url, signingKey }: { readonly url: string; readonly signingKey: string },
  channel: string,
): Promise<MessageFrame[]> {
  const query = new URLSearchParams({ channel, since: "start", limit: "1000" });
  const response = await fetch(`${url}/v1/realtime/history?${query}`, {
    headers: { authorization: `Bearer ${signingKey}` },
  });
  const { messages } = await response.json();
  return messages;
}
