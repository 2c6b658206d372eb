/** How a client gets messages. */
export type ClientWay =
  /** With our `subscribe`. */
  | "for await"
  /** With Inngest's `subscribe`. */
  | "@inngest/realtime"
  /** With nothing but a WebSocket and `JSON.parse`. */
  | "WebSocket";

/** The token that a client comes with. */
export interface ClientToken {
  readonly channel: string;
  readonly topics: string[];
  readonly key: string;
  readonly apiBaseUrl: string;
}

/** What a client counted. */
export interface Counted {
  messages: number;
  /** Messages that did not come after the one before them. */
  faults: number;
}

/** What it tells. */
export interface Told extends Counted {
  /** The CPU time that it spent, in milliseconds. `/proc` knows that in steps of 10 ms only, as much as thousands of messages cost. */
  readonly cpuMs: number;
}
