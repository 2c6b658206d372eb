import { type ClientFrame, PROTOCOL } from "./frame.ts";
import { createSseDecoder } from "./sse_decoder.ts";
import type { Transport, TransportHandlers } from "./transport.ts";

/**
 * Connects by Server-Sent Events over fetch, where WebSockets can't be had: one request for each subscription. When one
 * of them fails all are ended, the connection comes back with all of them.
 */
export function openSse(url: string, handlers: TransportHandlers): Transport {
  const requests = new Map<string, AbortController>();
  let ended = false;

  function end(code: number): void {
    if (ended) return;
    ended = true;
    for (const request of requests.values()) request.abort();
    handlers.close(code);
  }

  async function read(
    ref: string,
    { token, since }: { token: string; since?: string },
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const query = since ? "&since=" + encodeURIComponent(since) : "";
      const response = await fetch(
        `${url}/v1/realtime/sse?protocol=${PROTOCOL}${query}`,
        { headers: { authorization: `Bearer ${token}` }, signal },
      );
      if (response.status >= 400 && response.status < 500) {
        // What the gateway refuses so, a WebSocket would be told in a frame.
        const { error } = JSON.parse(await response.text());
        return handlers.message(
          JSON.stringify({ kind: "error", data: error }),
          ref,
        );
      }
      const reader = response.body?.getReader();
      const decode = createSseDecoder();
      for (;;) {
        const chunk = response.ok && await reader?.read();
        if (!chunk || chunk.done) break;
        for (const data of decode(chunk.value)) {
          if (!signal.aborted) handlers.message(data, ref);
        }
      }
      if (!signal.aborted) end(1006);
    } catch {
      // The network's failure, or a refusal that is not the gateway's: the connection tries again.
      if (!signal.aborted) end(1006);
    }
  }

  function send(frame: ClientFrame): void {
    if (frame.kind !== "sub" && frame.kind !== "unsub") return;
    const { kind, ref = "", data } = frame;
    requests.get(ref)?.abort();
    requests.delete(ref);
    if (kind === "sub" && typeof data === "object") {
      const request = new AbortController();
      requests.set(ref, request);
      void read(ref, data, request.signal);
    }
  }

  queueMicrotask(() => {
    if (!ended) handlers.open();
  });
  return { send, close: () => end(1000) };
}
