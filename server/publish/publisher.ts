import { quote } from "../wire/quote.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { parseId } from "../../core/protocol/id.ts";
import { checkName } from "../../core/protocol/names.ts";
import type { MaybePromise } from "../../core/types/realtime.ts";
import type { Broker } from "../brokers/broker.ts";
import type { Events } from "../events/events.ts";
import type { Counts } from "../events/counts.ts";
import { isStreamKind, LEASE_TOPIC } from "../wire/stream_message.ts";
import { type Envelope, newMessage } from "../wire/envelope.ts";
import {
  composeKey,
  GatewayKey,
  KEY_LENGTH,
  type KeyOwner,
  type MessageKey,
  nameOf,
  SERVER,
  ttlOf,
} from "./idempotency_key.ts";
import { publishReply } from "./replies.ts";

/** Maximum number of topics of one message. */
const MAX_TOPICS = 128;

/** Maximum length of the ids of a run, function and environment, and of a function's readable id. */
const FIELD_LENGTH = 255;

/** Maximum bytes of the data and metadata of one request, in all of its topics or lines together. One message of the limit may have more. */
export const REQUEST_BYTES: number = 8 * 1024 * 1024;

/** Matches most names. Any other name is checked by counting its bytes, which costs 1 µs on Deno and Node. */
const SIMPLE_NAME = /^[ -~]{1,255}$/;

/** Publishes messages with the rights of the signing key or of a token. */
export interface MessagePublisher {
  /** Maximum size of a message's data in bytes. */
  readonly maxMessageBytes: number;
  /** The mark of the client's streams: of the user of its token or, without one, of the token; `undefined` for the signing key. */
  readonly streamMark: string | undefined;

  /** Whether publishes that don't wait for each other take effect in the order of the calls. */
  readonly keepsCallOrder: boolean;

  /** @throws {RealtimeError} `forbidden` where the right to publish to one of the topics is missing. */
  require(channel: string, topics: readonly string[]): void;

  /**
   * Publishes one message to some topics of a channel.
   *
   * @param data JSON text on one line; the limit is for it and the metadata together.
   * @param key The idempotency key, if any. One that the publisher chose counts for that publisher and these topics.
   * @returns The ids, one for each topic; without a promise where the broker returns none.
   * @throws {RealtimeError} `forbidden`, `invalid_name`, `invalid_argument`, `invalid_data`, `conflict`, `too_large`, `unavailable`.
   */
  publish(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key?: MessageKey,
  ): MaybePromise<readonly string[]>;
}

/** Sees each message that was published. It MUST NOT throw. */
export interface PublishObserver {
  /** @param ids The ids of the message in each of the topics. A retry with a known idempotency key has those of the first message. */
  published(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    ids: readonly string[],
  ): void;
}

/** Checks messages and appends them to the log, without a limit to topics: publishes with the rights of the signing key. */
export class Publisher implements MessagePublisher {
  readonly maxMessageBytes: number;
  readonly streamMark = undefined;
  readonly keepsCallOrder: boolean;
  readonly #broker: Broker;
  readonly #events: Events;
  readonly #counts: Counts;
  readonly #observer: PublishObserver | undefined;

  constructor(
    broker: Broker,
    maxMessageBytes: number,
    events: Events,
    counts: Counts,
    observer?: PublishObserver,
  ) {
    this.#broker = broker;
    this.keepsCallOrder = broker.keepsCallOrder ?? false;
    this.maxMessageBytes = maxMessageBytes;
    this.#events = events;
    this.#counts = counts;
    this.#observer = observer;
  }

  require(): void {}

  /** @param owner The publisher that chose the key. */
  publish(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key?: MessageKey,
    owner: KeyOwner = SERVER,
  ): MaybePromise<readonly string[]> {
    const { channel } = envelope;
    checkNames(envelope, topics);
    checkFields(envelope);
    checkKey(channel, key);
    checkSize(envelope, topics, data, this.maxMessageBytes);
    const began = performance.now();
    try {
      const toMessage = (topic: string) => newMessage(envelope, topic, data);
      const published = envelope.replyTo === undefined
        ? this.#broker.publish(
          channel,
          topics.map(toMessage),
          key === undefined ? undefined : composeKey(owner, topics, key),
          ttlOf(key),
        )
        : this.#reply(envelope, topics, data, owner, key);
      return published instanceof Promise
        ? published.then(
          (ids) => this.#published(envelope, topics, data, ids, began),
          (cause) => this.#fail(channel, cause, began),
        )
        : this.#published(envelope, topics, data, published, began);
    } catch (cause) {
      return this.#fail(channel, cause, began);
    }
  }

  async #reply(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    owner: KeyOwner,
    key: MessageKey = crypto.randomUUID(),
  ): Promise<readonly string[]> {
    const { channel, replyTo } = envelope;
    const original = parseId(replyTo);
    const [topic = "", ...others] = topics;
    if (!original) throw invalid(channel, '"reply_to" is not a message\'s id');
    if (others.length > 0) throw invalid(channel, "a reply has one topic");
    if (isStreamKind(envelope.kind ?? "data")) {
      throw invalid(channel, "a reply is one message, not a stream");
    }
    const replyKey = key instanceof GatewayKey ? undefined : nameOf(key);
    const message = newMessage({ ...envelope, replyKey }, topic, data);
    const target = {
      ...original,
      key: composeKey(owner, topics, key),
      keyTtlMs: ttlOf(key),
    };
    return [await publishReply(this.#broker, channel, message, target)];
  }

  /** Notes that a message was published, and returns its ids. */
  #published(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    ids: readonly string[],
    began: number,
  ): readonly string[] {
    this.#observer?.published(envelope, topics, data, ids);
    const { channel, kind = "data", via: sentVia = "http" } = envelope;
    const isOfStream = isStreamKind(kind) || topics[0] === LEASE_TOPIC;
    const via = isOfStream ? "stream" : sentVia;
    this.#counts.brokerPublish.add((performance.now() - began) / 1000);
    this.#counts.published[via] += ids.length;
    if (!this.#events.wants("published")) return ids;
    const bytes = new TextEncoder().encode(data).length;
    for (const [index, topic] of topics.entries()) {
      const id = ids[index] ?? "";
      this.#events.emit({ event: "published", channel, topic, id, bytes, via });
    }
    return ids;
  }

  #fail(channel: string, cause: unknown, began: number): never {
    this.#counts.brokerPublish.add((performance.now() - began) / 1000);
    if (cause instanceof RealtimeError) throw cause;
    const problem = `the broker "${this.#broker.name}" failed`;
    const message = `Cannot publish to ${quote(channel)}: ${problem}`;
    throw new RealtimeError("unavailable", message, { cause });
  }
}

function checkNames(
  { channel, replyTopic }: Envelope,
  topics: readonly string[],
): void {
  if (!SIMPLE_NAME.test(channel)) checkName("channel", channel);
  if (topics.length > MAX_TOPICS) {
    throw invalid(channel, `a message has at most ${MAX_TOPICS} topics`);
  }
  for (const topic of topics) {
    if (!SIMPLE_NAME.test(topic)) checkName("topic", topic);
  }
  if (replyTopic !== undefined) checkName("topic", replyTopic);
  if (topics.length === 0) throw invalid(channel, "no topic is named");
}

function checkKey(channel: string, key: MessageKey | undefined): void {
  if (key === undefined || key instanceof GatewayKey) return;
  const { length } = nameOf(key);
  if (length === 0 || length > KEY_LENGTH) {
    const problem = `an idempotency key has 1 to ${KEY_LENGTH} characters`;
    throw invalid(channel, problem);
  }
}

function checkFields({ channel, runId, fnId, fnSlug, envId }: Envelope): void {
  checkField(channel, "run_id", runId);
  checkField(channel, "fn_id", fnId);
  checkField(channel, "fn_slug", fnSlug);
  checkField(channel, "env_id", envId);
}

function checkField(
  channel: string,
  name: string,
  value: string | undefined,
): void {
  if (value === undefined || value.length <= FIELD_LENGTH) return;
  throw invalid(channel, `"${name}" has at most ${FIELD_LENGTH} characters`);
}

/** Returns the maximum bytes of the data and metadata of a message that is published to a number of topics. */
export function maxBytesFor(limit: number, topics: number): number {
  return Math.min(limit, Math.max(limit, REQUEST_BYTES) / topics);
}

function checkSize(
  { channel, metadata = "", fnSlug = "" }: Envelope,
  { length: topics }: readonly string[],
  data: string,
  limit: number,
): void {
  const text = data + metadata + fnSlug;
  const max = topics === 1 ? limit : maxBytesFor(limit, topics);
  // UTF-8 has at most 3 bytes for each unit of UTF-16, so most messages need no count.
  if (text.length * 3 <= max) return;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > limit) throw tooLarge(channel, limit, bytes);
  if (bytes <= max) return;
  const problem = `${topics} topics of this size exceed the limit of ${
    REQUEST_BYTES / 1024
  } KiB a request`;
  const message = `Cannot publish to ${quote(channel)}: ${problem}`;
  throw new RealtimeError("too_large", message);
}

function invalid(channel: string, problem: string): RealtimeError {
  const message = `Cannot publish to ${quote(channel)}: ${problem}`;
  return new RealtimeError("invalid_argument", message);
}

/** Creates the error for a message over the limit. Its size is unknown where a body was not read to its end. */
export function tooLarge(
  channel: string,
  limit: number,
  bytes?: number,
): RealtimeError {
  const size = bytes === undefined
    ? "larger than the limit of"
    : `${Math.ceil(bytes / 1024)} KiB, the limit is`;
  const problem = `the message is ${size} ${limit / 1024} KiB`;
  const message = `Cannot publish to ${quote(channel)}: ${problem}`;
  return new RealtimeError("too_large", message);
}
