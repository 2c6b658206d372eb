import { RealtimeError } from "../core/protocol/errors.ts";
import { LIMITS } from "../core/protocol/limits.ts";
import {
  DEVELOPMENT_SIGNING_KEY,
  MIN_SIGNING_KEY_LENGTH,
} from "../core/protocol/signing_key.ts";
import type { Broker } from "./brokers/broker.ts";
import { MemoryBroker } from "./brokers/memory.ts";
import {
  ChannelSchemas,
  type KnownChannel,
} from "./publish/channel_schemas.ts";
import type { OnMessage } from "./publish/message_callback.ts";

/** Options of {@linkcode createGateway}. Every option has a default; a gateway without a signing key is for development. */
export interface GatewayOptions {
  /** The key for publishing and for minting tokens: at least 32 characters. Without it the gateway is in development mode. */
  signingKey?: string;
  /** The previous key, accepted too while keys are rotated. */
  signingKeyFallback?: string;
  /**
   * Development mode: publishing and minting need no key, requests must be for a loopback host, and `/` shows a page for
   * trying the gateway.
   *
   * @default {true without a signing key}
   */
  dev?: boolean;
  /**
   * The broker, which keeps the logs.
   *
   * @default {new MemoryBroker()}
   */
  broker?: Broker;
  /**
   * Origins whose pages may connect, such as `https://app.example.com`, or `"*"` for all. Letting all in is safe: clients
   * authenticate with tokens, not cookies.
   *
   * @default {"*"; loopback origins in development mode}
   */
  allowedOrigins?: "*" | readonly string[];
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
  channels?: Readonly<Record<string, KnownChannel>>;
  /**
   * Called with each message that a client published with a token, after it was accepted, but not with messages published with
   * the signing key. The client doesn't wait for the function, and the function's errors are logged. When a client repeats a
   * request because its answer was lost, the function is called again with the same `id`.
   *
   * @default {nothing}
   */
  onMessage?: OnMessage;
  /**
   * The largest data of a message, in bytes of JSON.
   *
   * @default {524288}
   */
  maxMessageBytes?: number;
  /**
   * Subscriptions of one connection, and different topics that they may have together.
   *
   * @default {128}
   */
  maxSubscriptions?: number;
  /**
   * Frames that a client may send per second.
   *
   * @default {100}
   */
  maxInboundRate?: number;
  /**
   * Messages that a token may publish over HTTP per second, at twice as many at once. The signing key has no limit; on a
   * WebSocket {@linkcode GatewayOptions.maxInboundRate} counts.
   *
   * @default {100}
   */
  maxPublishRate?: number;
  /**
   * Milliseconds that a client has to send a valid token after it connected.
   *
   * @default {10000}
   */
  tokenDeadlineMs?: number;
  /**
   * Milliseconds between pings.
   *
   * @default {15000}
   */
  pingIntervalMs?: number;
  /**
   * Milliseconds that a client has, beyond the interval, to answer a ping; after them it counts as dead.
   *
   * @default {5000}
   */
  pongTimeoutMs?: number;
  /**
   * The size of a connection's send queue, in bytes. A slow consumer that exceeds it is closed with 4408.
   *
   * @default {1048576}
   */
  queueBytes?: number;
  /**
   * Milliseconds that a send queue may make no progress before its connection is closed with 4408.
   *
   * @default {10000}
   */
  queueDeadlineMs?: number;
  /**
   * Milliseconds after which a data stream ends with an error if its producer sent neither a chunk nor a heartbeat. Apps that
   * publish with `createRealtime` send heartbeats. All gateways of a cluster must use the same value.
   *
   * @default {60000}
   */
  streamLeaseMs?: number;
  /**
   * Data streams that one client may have open at this gateway: all tokens with the same `sub`, or one token without. Another one is refused
   * with `too_many`.
   *
   * @default {64}
   */
  maxClientStreams?: number;
  /**
   * Data streams that may be open in one channel, whoever publishes them. Another one is refused with `too_many`.
   *
   * @default {1000}
   */
  maxChannelStreams?: number;
}

/** Options with every default filled in. */
export interface GatewaySettings extends
  Required<
    Omit<
      GatewayOptions,
      "signingKey" | "signingKeyFallback" | "channels" | "onMessage"
    >
  > {
  readonly channels: ChannelSchemas;
  readonly onMessage: OnMessage | undefined;
  readonly signingKeys: readonly [string, ...string[]];
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {RealtimeError} `invalid_argument` for a signing key that is too short.
 * @throws {RangeError} For a limit that is not a positive whole number.
 */
export function resolveOptions(options: GatewayOptions): GatewaySettings {
  const { signingKey, signingKeyFallback: fallback } = options;
  const { dev = signingKey === undefined } = options;
  const current = signingKey ?? (dev ? DEVELOPMENT_SIGNING_KEY : "");
  checkKey(current, dev);
  if (fallback !== undefined) checkKey(fallback, dev);
  const limits = {
    maxMessageBytes: options.maxMessageBytes ?? LIMITS.messageBytes,
    maxSubscriptions: options.maxSubscriptions ?? LIMITS.subscriptions,
    maxInboundRate: options.maxInboundRate ?? 100,
    maxPublishRate: options.maxPublishRate ?? 100,
    tokenDeadlineMs: options.tokenDeadlineMs ?? 10_000,
    pingIntervalMs: options.pingIntervalMs ?? 15_000,
    pongTimeoutMs: options.pongTimeoutMs ?? 5_000,
    queueBytes: options.queueBytes ?? 1024 * 1024,
    queueDeadlineMs: options.queueDeadlineMs ?? 10_000,
    streamLeaseMs: options.streamLeaseMs ?? 60_000,
    maxClientStreams: options.maxClientStreams ?? 64,
    maxChannelStreams: options.maxChannelStreams ?? 1000,
  };
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new RangeError(
      `Cannot create a gateway: "${name}" is ${value}, it must be a positive whole number`,
    );
  }
  return {
    ...limits,
    signingKeys: fallback === undefined ? [current] : [current, fallback],
    dev,
    broker: options.broker ?? new MemoryBroker(),
    channels: new ChannelSchemas(options.channels ?? {}),
    onMessage: options.onMessage,
    allowedOrigins: options.allowedOrigins ?? (dev ? [] : "*"),
  };
}

function checkKey(key: string, dev: boolean): void {
  if (!dev && key === DEVELOPMENT_SIGNING_KEY) {
    throw new RealtimeError(
      "invalid_argument",
      "Cannot use the signing key: it is the public one of development mode",
    );
  }
  if (key.length < MIN_SIGNING_KEY_LENGTH) {
    throw new RealtimeError(
      "invalid_argument",
      `Cannot use the signing key: it has ${key.length} characters, at least ${MIN_SIGNING_KEY_LENGTH} are needed`,
    );
  }
}
