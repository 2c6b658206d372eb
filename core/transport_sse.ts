import { PROTOCOL } from "./frame.ts";
import { gatewayFetch } from "./gateway_fetch.ts";
import { iterate } from "./iterate.ts";
import { createSseDecoder } from "./sse_decoder.ts";
import type { Transport } from "./transport.ts";

/**
 * Connects by Server-Sent Events over fetch, where WebSockets can't be had: one request for each subscription. When one
 * of them fails all are ended, the connection comes back with all of them.
 *
 * @param url The gateway's base URL.
 */
export function openSse(url: string): Transport {
  const requests = new Map<string, AbortController>();

  async function read(
    ref: string,
    { token, since = "" }: { token: string; since?: string },
    { signal }: AbortController,
  ): Promise<void> {
    try {
      const query = new URLSearchParams({ protocol: PROTOCOL, since });
      const response = await gatewayFetch(url)(
        `${url}/v1/realtime/sse?${query}`,
        { headers: { authorization: "Bearer " + token }, signal },
      );
      if (response.ok && response.body) {
        const decode = createSseDecoder();
        for await (const bytes of iterate(response.body)) {
          for (const data of decode(bytes)) {
            if (!signal.aborted) transport.onmessage?.({ data, ref });
          }
        }
      } else {
        // What a WebSocket would be told in a frame.
        const { error: data } = await response.json();
        transport.onmessage?.({
          data: JSON.stringify({ kind: "error", data }),
          ref,
        });
        return;
      }
    } catch {
      // The network's failure, or a refusal that is not the gateway's own: the connection tries again.
    }
    if (!signal.aborted) transport.close();
  }

  const transport: Transport = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send(text) {
      const { kind, ref, data } = JSON.parse(text);
      if (!ref) return;
      requests.get(ref)?.abort();
      if (kind === "sub") {
        const request = new AbortController();
        requests.set(ref, request);
        void read(ref, data, request);
      }
    },
    close() {
      for (const request of requests.values()) request.abort();
      transport.onclose?.({ code: 1006 });
      transport.onclose = null;
    },
  };
  queueMicrotask(() => transport.onopen?.());
  return transport;
}
