import { SUBSCRIPTIONS } from "./limits.ts";

/** The kind of a message, as Inngest's clients know it. */
export type MessageKind =
  | "data"
  | "run"
  | "step"
  | "event"
  | "datastream-start"
  | "chunk"
  | "datastream-end";

/** A message in its form on the wire. A field that does not apply is absent. */
export interface MessageFrame {
  /** The message's kind. */
  readonly kind: MessageKind;
  /** The channel's name. */
  readonly channel: string;
  /** The topic's name. */
  readonly topic: string;
  /** Any JSON value. */
  readonly data: unknown;
  /** The message's id, `<epoch>-<offset>`. */
  readonly id: string;
  /** The time of the publish, RFC 3339. */
  readonly created_at: string;
  /** The ULID of the run that published the message. */
  readonly run_id?: string;
  /** The UUID of the function that published the message. */
  readonly fn_id?: string;
  /** The readable id of the function that published the message. */
  readonly fn_slug?: string;
  /** The UUID of the environment in which the message was published. */
  readonly env_id?: string;
  /** The id of the data stream that the message belongs to. */
  readonly stream_id?: string;
  /** On the start of a data stream: the producer that began it, if it named itself. */
  readonly producer?: string;
  /** On a chunk: it is never joined with others on replay. */
  readonly whole?: true;
  /** On a question: the topic for its replies. */
  readonly reply_topic?: string;
  /** On a reply: the question's id. */
  readonly reply_to?: string;
  /** On a reply: the idempotency key with which it was published. */
  readonly reply_key?: string;
  /** The publisher's place in a trace, a W3C `traceparent`. */
  readonly trace?: string;
  /** The metadata that the publisher added. */
  readonly metadata?: unknown;
  /** Messages have no `ref`; responses to frames have one. */
  readonly ref?: undefined;
}

/** The start of one channel of a subscription. */
export interface ReadyChannel {
  readonly channel: string;
  readonly topics: readonly string[];
  /** Every delivered message is later than this position. */
  readonly position: string;
  /** Present if the subscription resumed: `false` if a gap follows. */
  readonly recovered?: boolean;
}

interface Control<K extends string, D> {
  readonly kind: K;
  readonly ref?: string;
  readonly data: Readonly<D>;
}

/** The default limits of a connection by WebSocket: subscriptions and different topics, frames, and frames after a pause. */
export const CONNECTION_LIMITS = {
  subscriptions: SUBSCRIPTIONS,
  frames_per_second: 100,
  frames_at_once: SUBSCRIPTIONS,
};

/** The limits of a connection by WebSocket. */
export type ConnectionLimits = Readonly<typeof CONNECTION_LIMITS>;

/** A frame of the gateway about the connection itself, for clients of `tidings.v1`. */
export type ControlFrame =
  | Control<"ready", {
    session: string;
    ticket: string;
    ping_interval_ms: number;
    limits?: ConnectionLimits;
    channels: readonly ReadyChannel[];
  }>
  | Control<"gap", { after: string; before: string }> & {
    readonly channel: string;
  }
  | Partial<Control<"ping", Record<string, string>>> & { readonly kind: "ping" }
  | Control<"closing", { reason: string; retry_after_ms: number }>
  | Control<"error", { code: string; message: string; issues?: unknown }>
  | Control<"ack", { id: string }> & { readonly ref: string };

/** A frame that begins or ends a subscription. */
export type SubscriptionFrame =
  & { readonly ref: string }
  & (
    | Control<"sub", string | { token: string; since?: string }>
    | { readonly kind: "unsub" }
  );

/** A frame that a client may send. */
export type ClientFrame =
  | SubscriptionFrame
  | Control<"publish", unknown> & {
    readonly channel: string;
    readonly topic: string;
    readonly key?: string;
    readonly reply_to?: string;
    readonly trace?: string;
  }
  | { readonly kind: "pong" };

/** The WebSocket subprotocol of the frames that Inngest's wire does not have. */
export const PROTOCOL = "tidings.v1";

/** Prefix of the WebSocket subprotocol by which a client authenticates a handshake before it subscribes; a token or ticket follows it. */
export const AUTH_PROTOCOL = "tidings.auth.";
