import { PROTOCOL } from "./frame.ts";
import { iterate } from "./iterate.ts";
import { createSseDecoder } from "./sse_decoder.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

/**
 * Connects by Server-Sent Events over fetch, where WebSockets can't be had: one request for each subscription. When one
 * of them fails all are ended, the connection comes back with all of them.
 */
export function openSse(
  url: string,
  { open, message, close }: TransportHandlers,
): Transport {
  const requests = new Map<string, AbortController>();
  let isEnded = false;

  function end(code: number): void {
    if (isEnded) return;
    isEnded = true;
    for (const request of requests.values()) request.abort();
    close(code);
  }

  async function read(
    ref: string,
    token: string,
    since: string,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const query = new URLSearchParams({ protocol: PROTOCOL, since });
      const response = await fetch(`${url}/v1/realtime/sse?${query}`, {
        headers: { authorization: "Bearer " + token },
        signal,
      });
      if (!response.ok) {
        // What a WebSocket would be told in a frame.
        const data = (await response.json()).error;
        return message(JSON.stringify({ kind: "error", data }), ref);
      }
      const decode = createSseDecoder();
      for await (const bytes of iterate(response.body ?? new ReadableStream())) {
        for (const data of decode(bytes)) {
          if (!signal.aborted) message(data, ref);
        }
      }
    } catch {
      // The network's failure, or a refusal that is not the gateway's own: the connection tries again.
    }
    if (!signal.aborted) end(1006);
  }

  queueMicrotask(() => isEnded || open());
  return {
    send(frame) {
      if (!("ref" in frame) || !frame.ref) return;
      requests.get(frame.ref)?.abort();
      if (frame.kind === "sub" && typeof frame.data === "object") {
        const { token, since = "" } = frame.data;
        const request = new AbortController();
        requests.set(frame.ref, request);
        void read(frame.ref, token, since, request.signal);
      }
    },
    close: () => end(1000),
  };
}
