import type { Gateway } from "../gateway.ts";

/** Requests to a gateway in this process. */
export interface LocalFetch {
  /** Works like the platform's `fetch`, without a network. */
  readonly fetch: typeof fetch;
  /** Breaks off every response that is still being read, as a network failure does. */
  disconnect(): void;
}

/** Creates a `fetch` that calls a gateway directly: nothing listens, nothing connects. */
export function createLocalFetch(gateway: Gateway): LocalFetch {
  const open = new Set<AbortController>();

  async function ask(request: Request): Promise<Response> {
    const response = await gateway.fetch(request, {});
    if (!response.body) return response;
    // Without a network, nothing ends the response when its request is aborted.
    const connection = new AbortController();
    const abort = (): void => connection.abort(request.signal.reason);
    if (request.signal.aborted) abort();
    request.signal.addEventListener("abort", abort);
    open.add(connection);
    const { readable, writable } = new TransformStream();
    response.body.pipeTo(writable, { signal: connection.signal })
      // The reader of the response gets the error from its stream.
      .catch(() => {})
      .finally(() => {
        request.signal.removeEventListener("abort", abort);
        open.delete(connection);
      });
    return new Response(readable, response);
  }

  return {
    fetch: (input, init) => ask(new Request(input, init)),
    disconnect() {
      for (const connection of open) {
        connection.abort(new TypeError("The connection was lost"));
      }
    },
  };
}
