/** The gateways that run in this process, by base URL, each with the `fetch` that reaches it; `@tidings/realtime/testing` adds them. */
export const gatewaysHere: Map<string, typeof fetch> = new Map();

/** Returns the `fetch` that reaches a gateway: its own if it runs in this process, else the global one. */
export function gatewayFetch(url: string): typeof fetch {
  return gatewaysHere.get(url) ?? fetch;
}
