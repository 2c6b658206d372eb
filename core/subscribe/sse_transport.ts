import { createSseDecoder } from "./sse_decoder.ts";
import type { Transport } from "./transport.ts";

/** How long a request may be silent, or unanswered: more than two of the gateway's pings. */
const SILENCE_MS = 40_000;

/**
 * Connects by Server-Sent Events over fetch, where WebSockets can't be had: one request for each subscription. When one
 * of them fails all are ended, the connection comes back with all of them.
 *
 * What it is made of comes along, as a bundle that loads this file when it is needed would else take it out of the part that loads at the
 * start.
 *
 * @param url The gateway's base URL.
 */
export function openSse(
  url: string,
  fetch: typeof globalThis.fetch,
  iterate: (stream: ReadableStream) => AsyncIterable<Uint8Array>,
): Transport {
  const requests = new Map<string, AbortController>();

  const transport: Transport = {
    async send(text) {
      const { kind, ref, data } = JSON.parse(text);
      // A subscription that is renewed or ended; other frames have no answer.
      requests.get(ref)?.abort();
      if (kind !== "sub") return;
      const request = new AbortController();
      const { signal } = request;
      requests.set(ref, request);
      let timer: ReturnType<typeof setTimeout> | undefined;
      // The connection hears the others when this one is silent: so each looks after itself.
      const live = (): void => {
        clearTimeout(timer);
        timer = setTimeout(transport.close, SILENCE_MS);
      };
      try {
        live();
        const { body } = await fetch(
          `${url}/v1/realtime/sse?protocol=tidings.v1&since=${
            data.since ?? ""
          }`,
          { headers: { authorization: `Bearer ${data.token}` }, signal },
        );
        const decode = createSseDecoder();
        for await (const bytes of iterate(body as ReadableStream)) {
          live();
          for (const data of decode(bytes)) {
            transport.onmessage?.({ data, ref });
          }
        }
      } catch {
        // The network's failure, or a refusal that is not the gateway's own: the connection tries again.
      }
      clearTimeout(timer);
      if (!signal.aborted) transport.close();
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
