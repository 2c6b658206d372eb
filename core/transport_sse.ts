import { PROTOCOL } from "./frame.ts";
import { gatewayFetch } from "./gateway_fetch.ts";
import { createSseDecoder } from "./sse_decoder.ts";
import type { Transport } from "./transport.ts";

/** How long a request may be silent, beyond the gateway's ping interval; also, how long it may take to be answered. */
const SILENCE_MS = 10_000;

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
    let silenceMs = SILENCE_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** A connection hears the others when this one is silent: so each looks after itself. */
    function heard(): void {
      clearTimeout(timer);
      if (!signal.aborted) timer = setTimeout(transport.close, silenceMs);
    }
    function tell(data: string): void {
      const interval = /"ping_interval_ms":(\d+)/.exec(data);
      if (interval) silenceMs = Number(interval[1]) + SILENCE_MS;
      if (!signal.aborted) transport.onmessage?.({ data, ref });
    }
    heard();
    try {
      const query = new URLSearchParams({ protocol: PROTOCOL });
      if (since !== undefined) query.set("since", since);
      const response = await gatewayFetch(url)(
        `${url}/v1/realtime/sse?${query}`,
        {
          headers: {
            accept: "text/event-stream",
            authorization: `Bearer ${token}`,
          },
          signal,
        },
      );
      if (!response.ok) {
        // What a WebSocket would be told in a frame.
        const { error } = await response.json();
        clearTimeout(timer);
        return tell(JSON.stringify({ kind: "error", data: error }));
      }
      const reader = response.body?.getReader();
      const decode = createSseDecoder();
      for (;;) {
        heard();
        const chunk = await reader?.read();
        if (!chunk?.value) break;
        for (const data of decode(chunk.value)) tell(data);
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
      requests.get(ref)?.abort();
      requests.delete(ref);
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
