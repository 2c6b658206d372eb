/** How clients receive messages: with our `subscribe`, with nothing but a WebSocket and `JSON.parse`, with Inngest's `subscribe`. */
export const CLIENT_WAYS = [
  "for await",
  "WebSocket",
  "@inngest/realtime",
] as const;

/** How a client receives messages. */
export type ClientWay = typeof CLIENT_WAYS[number];

/** The token of a client. */
export interface ClientToken {
  readonly channel: string;
  readonly topics: string[];
  readonly key: string;
  readonly apiBaseUrl: string;
}

/** The messages that a client counted. */
export interface Counted {
  messages: number;
  /** Messages that did not follow the one before them. */
  faults: number;
}

/** The report of a client. */
export interface Usage extends Counted {
  /** Its CPU time in milliseconds, as measured by the client itself: `/proc` has steps of 10 ms, which is thousands of messages. */
  readonly cpuMs: number;
}
