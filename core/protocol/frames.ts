/** The kinds of a message: what Inngest's clients know. */
export type MessageKind =
  | "data"
  | "run"
  | "step"
  | "event"
  | "datastream-start"
  | "chunk"
  | "datastream-end";

/** A message as it stands on the wire. A field that does not apply is absent. */
export interface MessageFrame {
  /** What sort of message it is. */
  readonly kind: MessageKind;
  /** The channel's name. */
  readonly channel: string;
  /** The topic's name. */
  readonly topic: string;
  /** Any JSON value. */
  readonly data: unknown;
  /** `<epoch>-<offset>`. */
  readonly id: string;
  /** RFC 3339. */
  readonly created_at: string;
  /** The run that published it, a ULID. */
  readonly run_id?: string;
  /** The function that published it, a UUID. */
  readonly fn_id?: string;
  /** The readable id of the function that published it. */
  readonly fn_slug?: string;
  /** The environment it was published in, a UUID. */
  readonly env_id?: string;
  /** The data stream that it is a part of. */
  readonly stream_id?: string;
  /** Of a question: the topic in which it is to be answered. */
  readonly reply_topic?: string;
  /** Of an answer: the id of the question. */
  readonly reply_to?: string;
  /** Of an answer: the idempotency key that it was published with. */
  readonly reply_key?: string;
  /** What the publisher sent besides. */
  readonly metadata?: unknown;
  /** Answers to frames have one, messages don't. */
  readonly ref?: undefined;
}

/** Where one channel of a subscription starts. */
export interface ReadyChannel {
  readonly channel: string;
  readonly topics: readonly string[];
  /** The first message delivered is later than this. */
  readonly position: string;
  /** There when the subscription resumed: `false` when a gap follows. */
  readonly recovered?: boolean;
}

/** What the gateway says of the connection itself, to clients of `tidings.v1`. */
export type ControlFrame =
  | {
    readonly kind: "ready";
    readonly ref?: string;
    readonly data: {
      readonly session: string;
      readonly ticket: string;
      readonly ping_interval_ms: number;
      readonly channels: readonly ReadyChannel[];
    };
  }
  | {
    readonly kind: "gap";
    readonly ref?: string;
    readonly channel: string;
    readonly data: { readonly after: string; readonly before: string };
  }
  | {
    readonly kind: "ping";
    readonly ref?: string;
    readonly data?: Readonly<Record<string, string>>;
  }
  | {
    readonly kind: "closing";
    readonly ref?: string;
    readonly data: { readonly reason: string; readonly retry_after_ms: number };
  }
  | {
    readonly kind: "error";
    readonly ref?: string;
    readonly data: {
      readonly code: string;
      readonly message: string;
      readonly issues?: unknown;
    };
  }
  | {
    readonly kind: "ack";
    readonly ref: string;
    readonly data: { readonly id: string };
  };

/** What a client may send. */
export type ClientFrame =
  | {
    readonly kind: "sub";
    readonly ref?: string;
    readonly data:
      | string
      | { readonly token: string; readonly since?: string };
  }
  | {
    readonly kind: "unsub";
    readonly ref?: string;
    readonly data?: ReadonlyArray<
      { readonly channel: string; readonly name: string }
    >;
  }
  | {
    readonly kind: "publish";
    readonly ref?: string;
    readonly channel: string;
    readonly topic: string;
    readonly data: unknown;
    readonly key?: string;
    readonly reply_to?: string;
  }
  | { readonly kind: "pong" };

/** The WebSocket subprotocol that asks for everything beyond Inngest's wire. */
export const PROTOCOL = "tidings.v1";
