/**
 * The answers of the admin API, as JSON. Times are RFC 3339 in UTC, sizes are bytes, and a field that has nothing to say is absent.
 *
 * With several gateways every answer is about all of them. It names them in `gateways`: one that didn't answer within a second has
 * `answered: false`, and what it knows is missing in the rest of the answer.
 *
 * @module
 */

import type { RealtimeErrorCode } from "../../core/protocol/errors.ts";
import type { GatewayEvent } from "../events/gateway_event.ts";

/** A gateway of the broker, in every answer. */
export interface GatewayAnswer {
  /** Its id, a new one with each start. */
  readonly id: string;
  /** Whether it answered. One that doesn't is listed until the broker forgets it, half a minute after its end. */
  readonly answered: boolean;
  /** The name of its machine or container, and its process: `box-1, process 4711`. */
  readonly host?: string;
  /** Where it listens, as it knows it; absent where it is mounted in another app. */
  readonly url?: string;
  /** Whether it is the one that was asked. */
  readonly self?: true;
}

/** A gateway's description of itself. */
export interface GatewayOverview extends GatewayAnswer {
  /** When it started. The fields from here on are absent where it didn't answer. */
  readonly since?: string;
  readonly version?: string;
  /** `deno 2.9.6`, for example. */
  readonly runtime?: string;
  readonly connections?: number;
  /** Channels that its connections follow. */
  readonly channels?: number;
  /** Whether it refuses new connections because it restarts. */
  readonly draining?: boolean;
}

/** `GET /v1/admin/overview`. */
export interface Overview {
  /** Open connections. */
  readonly connections: number;
  /** Channels in use: those that connections follow, and those that got messages in the last 5 minutes. */
  readonly channels: number;
  readonly broker: BrokerAnswer;
  /** The version of the gateway that was asked. */
  readonly version: string;
  /** The runtime of the gateway that was asked, with its version: `deno 2.9.6`. */
  readonly runtime: string;
  readonly gateways: readonly GatewayOverview[];
}

/** The broker, as the gateway that was asked sees it. */
export interface BrokerAnswer {
  /** `memory`, `redis`, or what another broker calls itself. */
  readonly name: string;
  readonly ok: boolean;
  /** Why it can't be used. */
  readonly detail?: string;
}

/** The orders in which channels are listed: `rate` and `subscribers` from the largest on, `name` from A on. */
export type ChannelSort = "rate" | "subscribers" | "name";

/**
 * `GET /v1/admin/channels?sort=&search=&after=&limit=`. The order is by rate where none is asked for. `search` is a part of the names, in
 * upper or lower case.
 */
export interface ChannelList {
  readonly channels: readonly ChannelAnswer[];
  /** How many there are on all pages. */
  readonly total: number;
  /** `after` of the next page; absent on the last one. */
  readonly next?: string;
  readonly gateways: readonly GatewayAnswer[];
}

/** A channel in use. */
export interface ChannelAnswer {
  readonly name: string;
  /** Connections that follow any topic of it. */
  readonly subscribers: number;
  /** Its topics that connections follow or that got messages lately, by name; at most 100 in a list. */
  readonly topics: readonly TopicAnswer[];
  /** Messages per second, over the last 10 seconds. */
  readonly rate: number;
  /** Its log; absent while the broker can't read it. */
  readonly log?: LogAnswer;
  /** The newest message in the log; absent where the log has none. */
  readonly last_message?: LastMessage;
}

/** A topic of a channel. */
export interface TopicAnswer {
  readonly name: string;
  /** Connections that follow it. */
  readonly subscribers: number;
}

/** How much of a channel the broker keeps. */
export interface LogAnswer {
  readonly messages: number;
  /** The memory that they take in the broker, roughly. */
  readonly bytes: number;
  /** The id of the newest message ever, or the position before the first: it ends with `-0`. */
  readonly position: string;
}

/** The newest message of a channel, without its data. */
export interface LastMessage {
  readonly id: string;
  readonly topic: string;
  readonly kind: string;
  /** When it was published. */
  readonly created_at?: string;
}

/** `GET /v1/admin/channel?name=`. Its topics are complete. 404 for a channel that is not in use and has no log. */
export interface ChannelDetail extends ChannelAnswer {
  readonly gateways: readonly GatewayAnswer[];
}

/** `GET /v1/admin/sessions?channel=&subject=&after=&limit=`. The newest session stands first. */
export interface SessionList {
  readonly sessions: readonly SessionAnswer[];
  /** How many match on all pages. */
  readonly total: number;
  /** `after` of the next page; absent on the last one. */
  readonly next?: string;
  readonly gateways: readonly GatewayAnswer[];
}

/** `waiting` for a valid token, `catching_up` while it reads a log, `live` when it has every message. */
export type SessionState = "waiting" | "catching_up" | "live";

/** An open connection. */
export interface SessionAnswer {
  /** The id in its client's `ready` frames. */
  readonly id: string;
  /** The id of its gateway. */
  readonly gateway: string;
  /** When it began. */
  readonly since: string;
  readonly state: SessionState;
  readonly transport: "websocket" | "sse";
  readonly protocol: "tidings.v1" | "plain";
  /** The `sub` of its first token that has one. */
  readonly subject?: string;
  /** The IP address that it came from: that of the last proxy, where there is one. */
  readonly address?: string;
  /** The page that opened it. */
  readonly origin?: string;
  /** Its subscriptions by channel; at most 10 in a list. */
  readonly subscriptions: readonly SubscriptionAnswer[];
  /** How many channels it follows. */
  readonly subscription_count: number;
  /** The most messages that it is behind in any channel. */
  readonly behind: number;
  /** Bytes that wait for its client, here and in the runtime. */
  readonly queued_bytes: number;
  /** When it was last sent a ping; absent before the first. */
  readonly last_ping?: string;
  /** When its client was last heard of, by an answer to a ping or another frame; clients of `tidings.v1` on a WebSocket only. */
  readonly last_heard?: string;
  /** The last error that its client got. */
  readonly last_reason?: string;
}

/** A channel that a connection follows. */
export interface SubscriptionAnswer {
  readonly channel: string;
  readonly topics: readonly string[];
  /** The id up to which it has everything; absent while the subscription begins. */
  readonly position?: string;
  /** Messages of the channel that it has not been sent yet. */
  readonly behind: number;
}

/** `GET /v1/admin/sessions/<id>`. Its subscriptions are complete. 404 for a session that is not open. */
export interface SessionDetail extends SessionAnswer {
  readonly gateways: readonly GatewayAnswer[];
}

/**
 * The data of an SSE event of `GET /v1/admin/events`; the SSE event has the same name. An event `dropped` stands where this reader was too
 * slow.
 */
export type EventAnswer =
  | GatewayEvent & {
    readonly time: string;
    /** The gateway at which it happened. */
    readonly gateway: string;
  }
  | DroppedAnswer;

/** Stands in `events` and `messages` in the place of what the reader was too slow for. */
export interface DroppedAnswer {
  readonly event: "dropped";
  readonly time: string;
  readonly count: number;
}

/**
 * `POST /v1/admin/token`, whose body is `{ "token": "…" }` or `{ "subject": "…" }`: why a client sees nothing.
 */
export interface TokenReport {
  /** The claims of the token; absent for a subject, and for a text that is no token. */
  readonly claims?: TokenAnswer;
  /** Whether a client can connect with it now; absent for a subject. */
  readonly valid?: boolean;
  /** Why it is not valid. */
  readonly error?: {
    readonly code: RealtimeErrorCode;
    readonly message: string;
  };
  /** The subject that was asked about, or the token's. */
  readonly subject?: string;
  /** Sessions that the token opened, or all of the subject; the newest first, at most 100. */
  readonly sessions: readonly SessionAnswer[];
  /** The refusals to the token or the subject in the last 10 minutes, the newest first, at most 100. */
  readonly refused: readonly RefusalAnswer[];
  readonly gateways: readonly GatewayAnswer[];
}

/** The claims of a token. */
export interface TokenAnswer {
  /** Whether the signature is right. Anyone can have written the claims of a token where it isn't. */
  readonly verified: boolean;
  /** Its id, `jti`. */
  readonly id?: string;
  /** The purpose: `ticket` is what a client reconnects with. */
  readonly use?: "subscribe" | "publish" | "ticket";
  readonly subject?: string;
  readonly issued_at?: string;
  /** Until when it opens a connection. */
  readonly expires_at?: string;
  /** Until when a session that it opened lasts. */
  readonly session_expires_at?: string;
  /** The topics that it subscribes to. */
  readonly subscribe: readonly GrantAnswer[];
  /** The topics that it may publish to: `true` for all. */
  readonly publish: true | readonly GrantAnswer[];
  /** The topics whose data streams it may stop: `true` for all. */
  readonly stop: true | readonly GrantAnswer[];
}

/** A channel that a token grants. */
export interface GrantAnswer {
  readonly channel: string;
  readonly topics: readonly string[];
}

/** A request, connection or frame that was refused. */
export interface RefusalAnswer {
  readonly time: string;
  /** The gateway that refused it. */
  readonly gateway: string;
  /** The HTTP status, or the close code that stands for the error on a connection. */
  readonly code: number;
  readonly error: RealtimeErrorCode;
  /** The sentence that the client got. */
  readonly reason: string;
  readonly session?: string | undefined;
  readonly address?: string | undefined;
  readonly origin?: string | undefined;
  readonly channel?: string | undefined;
  /** Whether the client was named only by a token whose signature is wrong. Anyone can have sent it. */
  readonly unverified?: true | undefined;
}

/** The body of every refused request. */
export interface AdminError {
  readonly error: {
    /** `unauthenticated` (401), `invalid_argument` (400), `not_found` (404), `rate_limited` (429) or `unavailable` (503). */
    readonly code: RealtimeErrorCode;
    /** The problem, as a sentence for the operator. */
    readonly message: string;
  };
}
