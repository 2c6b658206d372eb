import { gatewayFetch } from "./gateway_fetch.ts";
import { createSseDecoder } from "./sse_decoder.ts";
import type { Transport } from "./transport.ts";

/** How long a request may be silent, or unanswered: more than two of the gateway's pings. */
const SILENCE_MS = 40_000;

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
    { token, since }: { token: string; since?: string },
    signal: AbortSignal,
  ): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (data: string): void => {
      if (!signal.aborted) transport.onmessage?.({ data, ref });
    };
    try {
      // The connection hears the others when this one is silent: so each looks after itself.
      timer = setTimeout(transport.close, SILENCE_MS);
      const response = await gatewayFetch(url)(
        `${url}/v1/realtime/sse?protocol=tidings.v1&since=${since ?? ""}`,
        { headers: { authorization: `Bearer ${token}` }, signal },
      );
      if (!response.ok) {
        // What a WebSocket would be told in a frame.
        const { error } = await response.json();
        clearTimeout(timer);
        return tell(JSON.stringify({ kind: "error", data: error }));
      }
      const reader = response.body?.getReader();
      const decode = createSseDecoder();
      for (let chunk; (chunk = await reader?.read())?.value;) {
        clearTimeout(timer);
        timer = setTimeout(transport.close, SILENCE_MS);
        decode(chunk.value).forEach(tell);
      }
    } catch {
      // The network's failure, or a refusal that is not the gateway's own: the connection tries again.
    }
    clearTimeout(timer);
    if (!signal.aborted) transport.close();
  }

  const transport: Transport = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send(text) {
      const { kind, ref, data } = JSON.parse(text);
      // A subscription that is renewed or ended; other frames have no answer.
      requests.get(ref)?.abort();
      if (kind === "sub") {
        const request = new AbortController();
        requests.set(ref, request);
        void read(ref, data, request.signal);
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
