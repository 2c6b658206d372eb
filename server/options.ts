import type { Duration } from "../core/protocol/duration.ts";
import { RealtimeError } from "../core/protocol/errors.ts";
import { CONNECTION_LIMITS } from "../core/protocol/frames.ts";
import { LIMITS } from "../core/protocol/limits.ts";
import { OptionReader } from "../core/protocol/option_reader.ts";
import {
  DEVELOPMENT_SIGNING_KEY,
  signingKeyProblem,
} from "../core/protocol/signing_key.ts";
import { adminKeyProblem } from "./auth/admin_key.ts";
import type { Broker } from "./brokers/broker.ts";
import { MemoryBroker } from "./brokers/memory.ts";
import {
  ChannelSchemas,
  type KnownChannel,
} from "./publish/channel_schemas.ts";
import type { OnMessage } from "./publish/message_callback.ts";

/**
 * Options of {@linkcode createGateway}. Either `signingKey` or `dev: true` is needed; every other option has a default. A duration is at most a
 * day.
 */
export interface GatewayOptions {
  /**
   * The key for publishing and for minting tokens: at least 32 characters, not counting `signkey-<env>-` at its beginning. It may be
   * absent in development mode only, where the public key of that mode takes its place.
   */
  signingKey?: string | undefined;
  /** The previous key, accepted too while keys are rotated. */
  signingKeyFallback?: string | undefined;
  /**
   * The key of operators: `/metrics` and the admin API answer only requests that have it as `Authorization: Bearer <key>`. It has at least
   * 32 characters, and is not a signing key. Without it these routes are 404, except in development mode, where they need no key.
   *
   * @default {none}
   */
  adminKey?: string | undefined;
  /**
   * Development mode: publishing and minting need no key, even if there is one, and `/` shows a page for trying the gateway.
   * Requests must come from this machine, for a loopback host, and not through a proxy or tunnel. A signing key then only signs
   * and checks tokens.
   *
   * @default {false}
   */
  dev?: boolean | undefined;
  /**
   * The broker, which keeps the logs.
   *
   * @default {new MemoryBroker()}
   */
  broker?: Broker | undefined;
  /**
   * Origins whose pages may connect, such as `https://app.example.com`, or `"*"` for all. Letting all in is safe: clients
   * authenticate with tokens, not cookies.
   *
   * @default {"*"; loopback origins in development mode}
   */
  allowedOrigins?: "*" | readonly string[] | undefined;
  /**
   * Channels whose topics' schemas the gateway knows, by their names or by patterns in which `*` stands for one or more characters:
   * `{ "user:*": userChannel, logs: logsChannel }`. What a client publishes there with a token must match the schemas, else the gateway
   * refuses it with the issues. Apps with the signing key check their own messages.
   *
   * The most specific key wins: the exact name first, then the pattern with the most literal characters, of equal ones the first. Channels
   * and topics that no key names are not checked.
   *
   * @default {none}
   */
  channels?: Readonly<Record<string, KnownChannel>> | undefined;
  /**
   * Called with each message that a client published with a token, after it was accepted, but not with messages published with
   * the signing key. The client doesn't wait for the function, and the function's errors are logged. When a client repeats a
   * request because its answer was lost, the function is called again with the same `id`.
   *
   * @default {nothing}
   */
  onMessage?: OnMessage | undefined;
  /**
   * The largest data of a message, in bytes of JSON. Clients read no frame of more than 16 million characters.
   *
   * @default {524288}
   */
  maxMessageBytes?: number | undefined;
  /**
   * Subscriptions of one connection, and different topics that they may have together.
   *
   * @default {128}
   */
  maxSubscriptions?: number | undefined;
  /**
   * Frames that a client may send per second. After a pause it may send {@linkcode GatewayOptions.maxSubscriptions} more, to bring its
   * subscriptions.
   *
   * @default {100}
   */
  maxInboundRate?: number | undefined;
  /**
   * Messages that a token may publish over HTTP per second, at twice as many at once. The signing key has no limit; on a
   * WebSocket {@linkcode GatewayOptions.maxInboundRate} counts.
   *
   * @default {100}
   */
  maxPublishRate?: number | undefined;
  /**
   * How long a client may take to send a valid token after it connected.
   *
   * @default {"10s"}
   */
  tokenDeadline?: Duration | undefined;
  /**
   * The time between two pings.
   *
   * @default {"15s"}
   */
  pingInterval?: Duration | undefined;
  /**
   * How long a client may take, beyond the interval, to answer a ping; after that it counts as dead.
   *
   * @default {"5s"}
   */
  pongTimeout?: Duration | undefined;
  /**
   * The size of a connection's send queue, in bytes. A slow consumer that exceeds it is closed with 4408.
   *
   * @default {1048576}
   */
  queueBytes?: number | undefined;
  /**
   * How long a send queue may make no progress before its connection is closed with 4408. A connection whose client reads nothing of a
   * large answer for as long is ended too.
   *
   * @default {"10s"}
   */
  queueDeadline?: Duration | undefined;
  /**
   * How long a producer may send neither a chunk nor a heartbeat before its data stream ends with an error. Apps that publish with
   * `createRealtime` send heartbeats. All gateways of a cluster must use the same value.
   *
   * @default {"60s"}
   */
  streamLease?: Duration | undefined;
  /**
   * Data streams that one client may have open at this gateway: all tokens with the same subject, or one token without. Another one is refused
   * with `too_many`.
   *
   * @default {64}
   */
  maxClientStreams?: number | undefined;
  /**
   * Data streams that may be open in one channel, whoever publishes them. Another one is refused with `too_many`.
   *
   * @default {1000}
   */
  maxChannelStreams?: number | undefined;
}

/** Options with every default filled in. */
export interface GatewaySettings extends
  Required<
    Omit<
      GatewayOptions,
      | "signingKey"
      | "signingKeyFallback"
      | "adminKey"
      | "channels"
      | "onMessage"
      | "tokenDeadline"
      | "pingInterval"
      | "pongTimeout"
      | "queueDeadline"
      | "streamLease"
    >
  > {
  readonly tokenDeadlineMs: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  readonly queueDeadlineMs: number;
  readonly streamLeaseMs: number;
  readonly channels: ChannelSchemas;
  readonly onMessage: OnMessage | undefined;
  readonly adminKey: string | undefined;
  readonly signingKeys: readonly [string, ...string[]];
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {RealtimeError} `invalid_argument` without a signing key outside of development mode, for a key that is too short, and for a limit
 * that is not a positive whole number or a duration.
 */
export function resolveOptions(options: GatewayOptions): GatewaySettings {
  const { dev = false, signingKeyFallback: fallback, adminKey } = options;
  const current = options.signingKey ??
    (dev ? DEVELOPMENT_SIGNING_KEY : undefined);
  if (current === undefined) {
    throw new RealtimeError(
      "invalid_argument",
      'Cannot create a gateway: it has no signing key; set "signingKey", or "dev: true" for development on this machine',
    );
  }
  checkKey(current, dev);
  if (fallback !== undefined) checkKey(fallback, dev);
  const problem = adminKey === undefined
    ? undefined
    : adminKeyProblem(adminKey, [current, fallback]);
  if (problem !== undefined) {
    const message = `Cannot use the admin key: ${problem}`;
    throw new RealtimeError("invalid_argument", message);
  }
  const read = new OptionReader("Cannot create a gateway", options);
  return {
    maxMessageBytes: read.whole("maxMessageBytes", LIMITS.messageBytes),
    maxSubscriptions: read.whole("maxSubscriptions", LIMITS.subscriptions),
    maxInboundRate: read.whole(
      "maxInboundRate",
      CONNECTION_LIMITS.frames_per_second,
    ),
    maxPublishRate: read.whole("maxPublishRate", 100),
    maxClientStreams: read.whole("maxClientStreams", 64),
    maxChannelStreams: read.whole("maxChannelStreams", 1000),
    queueBytes: read.whole("queueBytes", 1024 * 1024),
    tokenDeadlineMs: read.ms("tokenDeadline", "10s", "1d"),
    pingIntervalMs: read.ms("pingInterval", "15s", "1d"),
    pongTimeoutMs: read.ms("pongTimeout", "5s", "1d"),
    queueDeadlineMs: read.ms("queueDeadline", "10s", "1d"),
    streamLeaseMs: read.ms("streamLease", "60s", "1d"),
    signingKeys: fallback === undefined ? [current] : [current, fallback],
    dev,
    broker: options.broker ?? new MemoryBroker(),
    channels: new ChannelSchemas(options.channels ?? {}),
    onMessage: options.onMessage,
    adminKey,
    allowedOrigins: options.allowedOrigins ?? (dev ? [] : "*"),
  };
}

function checkKey(key: string, dev: boolean): void {
  const problem = !dev && key === DEVELOPMENT_SIGNING_KEY
    ? "it is the public one of development mode"
    : signingKeyProblem(key);
  if (problem === undefined) return;
  const message = `Cannot use the signing key: ${problem}`;
  throw new RealtimeError("invalid_argument", message);
}
