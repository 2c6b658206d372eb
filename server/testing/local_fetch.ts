import type { Gateway } from "../gateway.ts";

/** A way to ask a gateway in this process. */
export interface LocalFetch {
  /** As the platform's, without a network. */
  readonly fetch: typeof fetch;
  /** Breaks every answer that is still under way, as a network that fails does. */
  disconnect(): void;
}

/** Makes a `fetch` that asks a gateway by a call: nothing listens, nothing connects. */
export function createLocalFetch(gateway: Gateway): LocalFetch {
  const open = new Set<AbortController>();

  async function ask(request: Request): Promise<Response> {
    const response = await gateway.fetch(request, {});
    if (!response.body) return response;
    // A call's answer doesn't end when its request is aborted: that is the network's part.
    const line = new AbortController();
    const abort = (): void => line.abort(request.signal.reason);
    if (request.signal.aborted) abort();
    request.signal.addEventListener("abort", abort);
    open.add(line);
    const { readable, writable } = new TransformStream();
    response.body.pipeTo(writable, { signal: line.signal })
      // Whoever reads the answer is told by its stream.
      .catch(() => {})
      .finally(() => {
        request.signal.removeEventListener("abort", abort);
        open.delete(line);
      });
    return new Response(readable, response);
  }

  return {
    fetch: (input, init) => ask(new Request(input, init)),
    disconnect() {
      for (const line of open) {
        line.abort(new TypeError("The connection was lost"));
      }
    },
  };
}
