import { getLogger } from "@logtape/logtape";
import { invalidArgument } from "../../../core/protocol/duration.ts";
import { formatId, parseId, type Position } from "../../../core/protocol/id.ts";
import { OptionReader } from "../../../core/protocol/option_reader.ts";
import type { MaybePromise } from "../../../core/types/realtime.ts";
import type {
  Broker,
  BrokerHealth,
  ChannelState,
  FirstReply,
  HealthListener,
  LogListener,
  LogPage,
  NewMessage,
  ReadOptions,
  ReplyTarget,
} from "../broker.ts";
import type { GatewayLink } from "../gateway_link.ts";
import { newEpoch } from "../log.ts";
import type { LogSummary } from "../log_summary.ts";
import type {
  RevocationListener,
  RevocationRecord,
} from "../revocation_store.ts";
import { ClusterServers } from "./cluster.ts";
import type { ChannelFollower } from "./channel_follower.ts";
import { FollowedChannels } from "./followed_channels.ts";
import { RedisGatewayLink } from "./gateway_link.ts";
import { checkHealth } from "./health.ts";
import { HealthWatch } from "../health_watch.ts";
import {
  type ChannelKeys,
  channelKeys,
  idempotencyKey,
  replyKey,
} from "./keys.ts";
import { isReply } from "./connection.ts";
import { LogReads } from "./log_reads.ts";
import { historySettings } from "../history_options.ts";
import type { RedisBrokerOptions } from "./options.ts";
import { RedisRevocations } from "./revocations.ts";
import {
  readPublished,
  readReply,
  readSubscribers,
  readSummary,
  readTouched,
} from "./script_results.ts";
import { createScripts, type Script, type Scripts } from "./scripts.ts";
import { type Servers, SingleServer } from "./servers.ts";
import { encodeStored } from "./stored_message.ts";
import { parseRedisUrl } from "./url.ts";

/** How many comparisons a gateway may miss before its subscribers are no longer counted. */
const CHECKS_MISSED = 3;

/** Limits of the pages that a follower reads after it missed messages. */
const PAGE = { entries: 500, bytes: 512 * 1024 } as const;

/** Milliseconds within which the same failure is logged once. */
const QUIET_MS = 10_000;

const logger = getLogger(["tidings", "redis"]);

/**
 * Keeps the logs in Redis (7 or later, or Valkey) and delivers new messages to every gateway: streams hold the logs, pub/sub carries live
 * messages, and one script publishes a message as a whole or not at all.
 *
 * An acknowledged message is in the memory of the Redis server. After that server was restarted or replaced, channels begin new epochs,
 * because it may have lost acknowledged messages; clients learn it from one `gap`.
 */
export class RedisBroker implements Broker {
  /** Always `"redis"`. */
  readonly name = "redis";
  readonly #id = crypto.randomUUID();
  readonly #prefix: string;
  readonly #keyTtlMs: number;
  /** The key of a reply outlives the reply, which the log keeps for some time at most. */
  readonly #replyTtlMs: number;
  readonly #scripts: Scripts;
  readonly #servers: Servers;
  readonly #reads: LogReads;
  readonly #followed: FollowedChannels;
  readonly #revocations: RedisRevocations;
  readonly #health: HealthWatch;
  readonly #link: RedisGatewayLink;
  readonly #reported = new Map<string, number>();
  #closed = false;

  /**
   * Begins to connect; {@linkcode RedisBroker.health} tells whether that succeeds.
   *
   * @throws {RealtimeError} `invalid_argument` for a URL, a number or a duration that can't be used.
   */
  constructor(options: RedisBrokerOptions) {
    const target = parseRedisUrl(options.url);
    if (typeof target === "string") {
      throw invalidArgument(`Cannot use the URL of Redis: ${target}`);
    }
    const read = new OptionReader("Cannot create a Redis broker", options);
    const checkMs = read.ms("checkInterval", "10s", "10s");
    const answerMs = read.ms("timeout", "3s", "1d");
    const connectMs = Math.ceil(answerMs * 2 / 3);
    const settings = { ...target, answerMs, connectMs };
    const sharded = target.hosts.length > 1;
    this.#prefix = target.prefix;
    const { retention, keyTtlMs } = historySettings(read);
    this.#keyTtlMs = keyTtlMs;
    this.#replyTtlMs = Math.max(keyTtlMs, retention.ttlMs);
    this.#scripts = createScripts({
      retention,
      subscribersTtlMs: CHECKS_MISSED * checkMs,
      sharded,
    });
    const report = (error: unknown): void => this.#report(error);
    this.#servers = sharded
      ? new ClusterServers(settings, report, () => this.#followed.rerouted())
      : new SingleServer(settings, report);
    this.#reads = new LogReads({
      servers: this.#servers,
      scripts: this.#scripts,
      run: (script, { group, meta, log }, args) =>
        this.#run(script, group, [meta, log], args, true),
      reportForeign: (log) => this.#reportForeign(log),
    });
    this.#followed = new FollowedChannels({
      prefix: target.prefix,
      sharded,
      servers: this.#servers,
      checkMs,
      report,
      read: (channel, after) =>
        this.#reads.page(
          this.#keys(channel),
          [after, PAGE.entries, PAGE.bytes],
        ),
      touch: (followers) => this.#touch(followers),
      probe: async ({ group, live }) => {
        const command = sharded ? "SPUBLISH" : "PUBLISH";
        await this.#servers.send(group, [command, live, "probe"]);
      },
    });
    this.#revocations = new RedisRevocations({
      prefix: target.prefix,
      report,
      run: (...args) => this.#run(...args),
    });
    this.#link = new RedisGatewayLink({
      prefix: target.prefix,
      sharded,
      servers: this.#servers,
      run: (...args) => this.#run(...args),
    });
    this.#health = new HealthWatch(() =>
      checkHealth(this.#servers, this.#prefix, this.#id)
    );
  }

  /** Appends messages and notifies the gateways in one step; rejects with `unavailable` within 5 seconds if Redis can't be used. */
  async publish(
    channel: string,
    messages: readonly NewMessage[],
    key?: string,
    keyTtlMs: number = this.#keyTtlMs,
  ): Promise<readonly string[]> {
    const { group, meta, log, live } = this.#keys(channel);
    const keys = [meta, log];
    if (key !== undefined) {
      keys.push(idempotencyKey(this.#prefix, group, channel, key));
    }
    const args = [newEpoch(), live, String(keyTtlMs)];
    for (const message of messages) args.push(encodeStored(message));
    const { epoch, first, count } = readPublished(
      await this.#run(this.#scripts.publish, group, keys, args),
    );
    this.#followed.seen(channel, { epoch, offset: first + count - 1 });
    return Array.from({ length: count }, (_, i) => formatId(epoch, first + i));
  }

  /** Appends a reply in one step, unless a key tells that there is one. */
  async reply(
    channel: string,
    message: NewMessage,
    { epoch, offset, key, keyTtlMs = 0 }: ReplyTarget,
  ): Promise<FirstReply | undefined> {
    const { group, meta, log, live } = this.#keys(channel);
    const id = formatId(epoch, offset);
    const keys = [meta, log];
    keys.push(replyKey(this.#prefix, group, channel, message.topic, id));
    const args = [newEpoch(), live, encodeStored(message)];
    const ttlMs = Math.max(keyTtlMs, this.#replyTtlMs);
    args.push(epoch, String(offset), key, String(ttlMs));
    const reply = await this.#run(this.#scripts.reply, group, keys, args);
    const first = readReply(reply);
    const position = parseId(first?.id);
    if (position) this.#followed.seen(channel, position);
    return first;
  }

  /** Subscribes to the channel's messages, then reads its position. */
  subscribe(channel: string, listener: LogListener): Promise<ChannelState> {
    return this.#followed.follow(channel, listener);
  }

  /** Stops listening. The subscription at Redis ends a few seconds later, unless the channel is followed again. */
  unsubscribe(channel: string): void {
    this.#followed.unfollow(channel);
  }

  /** Reads a page of the log when it is the reader's turn. Redis looks for the topics in a part of the log at a time. */
  async read(
    channel: string,
    after: number,
    limit: number,
    maxBytes: number,
    options: ReadOptions = {},
  ): Promise<LogPage> {
    const query = [after, limit, maxBytes] as const;
    const page = await this.#reads.read(this.#keys(channel), query, options);
    this.#followed.seen(channel, { epoch: page.epoch, offset: page.top });
    return page;
  }

  /** Searches the log from its top, inside Redis, a part of it at a time. */
  before(
    channel: string,
    topics: ReadonlySet<string>,
    count: number,
    reader?: string,
  ): Promise<Position> {
    return this.#reads.before(this.#keys(channel), topics, count, reader);
  }

  /** Stores the numbers in Redis shortly after, many channels at a time, and again with each comparison. */
  announce(channel: string, subscribers: ReadonlyMap<string, number>): void {
    this.#followed.announce(channel, subscribers);
  }

  /** Adds up the numbers of the gateways that are alive. */
  async subscribers(channel: string, topic = ""): Promise<number> {
    const { group, subscribers } = this.#keys(channel);
    const script = this.#scripts.subscribers;
    const reply = await this.#run(script, group, [subscribers], []);
    return readSubscribers(reply, topic);
  }

  /** Keeps revocations in Redis: in a cluster on one server and its replicas. */
  revoke(revocations: readonly RevocationRecord[]): Promise<void> {
    return this.#revocations.revoke(revocations);
  }

  /** Starts to read what is new, four times a second. */
  followRevocations(listener: RevocationListener): void {
    this.#revocations.followRevocations(listener);
  }

  /** Waits for a read that began less than a second ago; rejects with `unavailable` if Redis can't be used. */
  awaitRevocations(): MaybePromise<void> {
    return this.#revocations.awaitRevocations();
  }

  /** Tells whether every server accepts writes and sends live messages. */
  health(): Promise<BrokerHealth> {
    return this.#health.check();
  }

  /** Starts to check the health, once a second. */
  followHealth(listener: HealthListener): void {
    this.#health.follow(listener);
  }

  /** Lets the gateways on the same Redis, with the same prefix, ask each other. */
  get link(): GatewayLink {
    return this.#link;
  }

  /** Looks at the logs in Redis, with one short command for each. */
  summarize(
    channels: readonly string[],
  ): Promise<ReadonlyArray<LogSummary | undefined>> {
    const script = this.#scripts.summarize;
    return Promise.all(channels.map(async (channel) => {
      const { group, meta, log } = this.#keys(channel);
      return readSummary(await this.#run(script, group, [meta, log], []));
    }));
  }

  /** Withdraws this gateway's numbers of subscribers, and closes the connections. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([this.#followed.close(), this.#link.close()]);
    await Promise.all([
      this.#health.close(),
      this.#revocations.close(),
      this.#servers.close(),
    ]);
  }

  #keys(channel: string): ChannelKeys {
    return this.#followed.get(channel)?.keys ??
      channelKeys(this.#prefix, channel);
  }

  async #touch(followers: readonly ChannelFollower[]): Promise<ChannelState[]> {
    const keys: string[] = [];
    const args: string[] = [this.#id];
    for (const follower of followers) {
      const { meta, log, subscribers } = follower.keys;
      keys.push(meta, log, subscribers);
      args.push(newEpoch(), follower.epoch, String(follower.offset));
      const announced = [...follower.subscribers];
      args.push(announced.length === 0 ? "" : JSON.stringify(announced));
    }
    const { group = 0 } = followers[0]?.keys ?? {};
    const script = this.#scripts.touch;
    return readTouched(await this.#run(script, group, keys, args));
  }

  async #run(
    script: Script,
    group: number,
    keys: readonly string[],
    args: readonly string[],
    isRead?: boolean,
  ): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      const command = ["EVALSHA", script.sha, ...rest];
      return await this.#servers.send(group, command, isRead);
    } catch (error) {
      if (!isReply(error)) throw error;
      // The server doesn't know the script: it is new, or its scripts were flushed.
      const command = ["EVAL", script.text, ...rest];
      return await this.#servers.send(group, command, isRead);
    }
  }

  #reportForeign(log: string): void {
    this.#report(`skipped entries of "${log}" that no gateway wrote`);
  }

  #report(error: unknown): void {
    const message = String(Object(error).message ?? error);
    const now = performance.now();
    if (this.#closed || now < (this.#reported.get(message) ?? 0)) return;
    this.#reported.set(message, now + QUIET_MS);
    if (this.#reported.size > 100) this.#reported.clear();
    logger.warning("Redis: {message}", { event: "broker.warning", message });
  }
}
