import { PROTOCOL } from "../protocol/frames.ts";
import { gatewayFetch } from "../http/gateway_fetch.ts";
import { iterate } from "./iterate.ts";
import { createSseDecoder } from "./sse_decoder.ts";
import type { Transport } from "./transport.ts";

/** How long a request may be unanswered or silent: more than two of the gateway's ping intervals. */
const SILENCE_MS = 40_000;

/**
 * Connects by Server-Sent Events over fetch, for networks without WebSockets: one request for each subscription. If one request fails, all
 * end, and the connection reconnects with all subscriptions.
 */
export function openSse(url: string): Transport {
  const requests = new Map<string, AbortController>();

  async function read(
    ref: string,
    { token, since = "" }: { token: string; since?: string },
    signal: AbortSignal,
  ): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    // The connection's own heartbeat hears other requests when this one is silent.
    function heard(): void {
      clearTimeout(timer);
      timer = setTimeout(transport.close, SILENCE_MS);
    }
    const query = new URLSearchParams({ protocol: PROTOCOL, since });
    try {
      heard();
      const { body } = await gatewayFetch(url)(
        `${url}/v1/realtime/sse?${query}`,
        { headers: { authorization: `Bearer ${token}` }, signal },
      );
      const decode = createSseDecoder();
      for await (const bytes of iterate(body as ReadableStream<Uint8Array>)) {
        heard();
        const data = decode(bytes).join("\n");
        transport.onmessage?.({ data, ref });
        // Deno may not end a body that has more to read when its request is aborted.
        if (signal.aborted) break;
      }
    } catch {
      // The network failed, or something other than the gateway answered. The connection retries.
    }
    clearTimeout(timer);
    if (!signal.aborted) transport.close();
  }

  const transport: Transport = {
    send(text) {
      const { kind, ref, data } = JSON.parse(text);
      // The subscription is renewed or ends. Other frames have no request.
      requests.get(ref)?.abort();
      if (kind !== "sub") return;
      const request = new AbortController();
      requests.set(ref, request);
      void read(ref, data, request.signal);
    },
    close() {
      for (const request of requests.values()) request.abort();
      transport.onclose?.({});
      transport.onclose = null;
    },
  };
  queueMicrotask(() => transport.onopen?.());
  return transport;
}
