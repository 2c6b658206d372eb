/** How the callers of a process publish. */
export type CallerWay =
  /** With `publish` of our client, which puts calls that are under way at once into one request. */
  | "our client"
  /** With `publish` of JetStream's client. */
  | "JetStream";

/** Where the callers of a process publish to. */
export interface CallersTarget {
  readonly way: CallerWay;
  /** The server's URL, such as `http://127.0.0.1:8288`; of nats-server `host:port`. */
  readonly url: string;
  readonly signingKey: string;
}

/** The messages that the callers of a process publish. */
export interface CallersLoad {
  /** How many there are. Each publishes its next message when the last one was acknowledged. */
  readonly callers: number;
  /** The number of channels, which they are spread over evenly. */
  readonly channels: number;
  /** The size of a message's data as JSON. */
  readonly bytes: number;
  readonly seconds: number;
  /**
   * The messages after which a caller ends even though there is time left.
   *
   * @default {no limit}
   */
  readonly most?: number;
}

/** The messages that the callers of a process published. */
export interface CallersReport {
  readonly published: number;
  readonly seconds: number;
  /** The CPU time of the process in milliseconds. */
  readonly cpuMs: number;
  /** Milliseconds from the call until its acknowledgement. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}
