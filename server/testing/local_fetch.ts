import type { Gateway } from "../gateway.ts";

/** Creates a `fetch` that calls a gateway directly, and a `disconnect` that breaks off its responses, as a network failure does. */
export function createLocalFetch(
  gateway: Gateway,
): { fetch: typeof fetch; disconnect(): void } {
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
