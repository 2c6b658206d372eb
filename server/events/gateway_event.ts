/**
 * The events of a gateway, as its log, its metrics and the admin API tell it. The names are those of the log. No field ever holds a token,
 * a key or the data of a message.
 *
 * @module
 */

import type { PublishedVia } from "../wire/envelope.ts";
import type { RealtimeErrorCode } from "../../core/protocol/errors.ts";

/** The connection that an event is about. */
export interface ConnectionFacts {
  /** The id in `ready` frames. */
  readonly session: string;
  readonly transport: "websocket" | "sse";
  readonly protocol: "tidings.v1" | "plain";
  /** The user of its tokens, where they name one. */
  readonly subject?: string | undefined;
  /** The IP address that it came from: that of the last proxy, where there is one. */
  readonly address?: string | undefined;
  /** The page that opened it. */
  readonly origin?: string | undefined;
}

/** A client connected. Its token may follow in a frame. */
export interface Connected extends ConnectionFacts {
  readonly event: "connected";
}

/** A client subscribed to a channel. */
export interface Subscribed extends ConnectionFacts {
  readonly event: "subscribed";
  readonly channel: string;
  readonly topics: readonly string[];
  /** The id after which the delivery begins. */
  readonly position: string;
}

/** A connection ended. */
export interface Closed extends ConnectionFacts {
  readonly event: "closed";
  /** The end of the connection that ended it. A client may use any code, also one of the gateway's. */
  readonly by: "client" | "gateway";
  /** The close code. */
  readonly code: number;
  readonly reason: string;
}

/** A client missed messages that the log no longer has. */
export interface GapEvent extends ConnectionFacts {
  readonly event: "gap";
  readonly channel: string;
  /** The ids between which messages are missing. */
  readonly after: string;
  readonly before: string;
}

/** A connection was ended because its client didn't read fast enough. */
export interface Slow extends ConnectionFacts {
  readonly event: "slow";
  readonly queued_bytes: number;
}

/** A request, a connection or a frame was refused. */
export interface Refused extends Partial<ConnectionFacts> {
  readonly event: "refused";
  /** The HTTP status, or the close code that stands for the error on a connection. */
  readonly code: number;
  readonly error: RealtimeErrorCode;
  /** The sentence that the client gets. */
  readonly reason: string;
  /** The channel that it was about. */
  readonly channel?: string | undefined;
  /** The id of the token. */
  readonly jti?: string | undefined;
  /** The user and the id that a token names whose signature is wrong: anyone may have written them. */
  readonly claimed_subject?: string | undefined;
  readonly claimed_jti?: string | undefined;
  /** How many lines of a batch it is about, where they were refused together. */
  readonly lines?: number | undefined;
}

/** A message was published. One for several topics is told once for each. A retry with a known idempotency key is told with the first id. */
export interface Published {
  readonly event: "published";
  readonly channel: string;
  readonly topic: string;
  readonly id: string;
  /** Bytes of its data as JSON. */
  readonly bytes: number;
  readonly via: PublishedVia;
}

/** The gateway listens. One that is mounted in another app doesn't tell it. */
export interface Started {
  readonly event: "started";
  readonly version: string;
  /** The runtime's name and version. */
  readonly runtime: string;
  /** The broker's name. */
  readonly broker: string;
  readonly url: string;
  readonly dev: boolean;
  readonly allowed_origins: "*" | readonly string[];
  readonly limits: StartedLimits;
}

/** The limits of a gateway that an operator is most likely to look for. */
export interface StartedLimits {
  readonly message_bytes: number;
  /** Subscriptions of a connection. */
  readonly subscriptions: number;
  /** Frames that a connection may send in a second. */
  readonly inbound_rate: number;
  /** Messages that a token may publish over HTTP in a second. */
  readonly publish_rate: number;
  /** The send queue of a connection. */
  readonly queue_bytes: number;
}

/** The broker can't be used any more, or can be used again. */
export interface BrokerChange {
  readonly event: "broker.down" | "broker.up";
  /** The broker's name. */
  readonly broker: string;
  /** Why it can't be used, where it says so. */
  readonly reason?: string | undefined;
}

/** The gateway began to drain, or every client has left. */
export interface Leaving {
  readonly event: "stopping" | "drained";
  readonly connections: number;
}

/** Anything that happens at a gateway. */
export type GatewayEvent =
  | Connected
  | Subscribed
  | Closed
  | GapEvent
  | Slow
  | Refused
  | Published
  | Started
  | BrokerChange
  | Leaving;
