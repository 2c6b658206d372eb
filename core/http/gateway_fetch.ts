/** Gateways in this process, by their base URLs, and how they are asked: what `@tidings/realtime/testing` makes. */
export const gatewaysHere: Map<string, typeof fetch> = new Map();

/** What requests to a gateway are made with: the network, unless it is in this process. */
export function gatewayFetch(url: string): typeof fetch {
  return gatewaysHere.get(url) ?? fetch;
}
