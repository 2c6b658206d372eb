import { RealtimeError } from "../../core/protocol/errors.ts";
import { parseId } from "../../core/protocol/id.ts";
import { checkName } from "../../core/protocol/names.ts";
import type { MaybePromise } from "../../core/types/realtime.ts";
import type { Broker } from "../brokers/broker.ts";
import { type Envelope, newMessage } from "../wire/envelope.ts";
import { publishReply, REPLY_KEY_PREFIX } from "./replies.ts";

/** Maximum length of an idempotency key. */
const KEY_LENGTH = 255;

/** Matches most names. Any other name is checked by counting its bytes, which costs 1 µs on Deno and Node. */
const SIMPLE_NAME = /^[ -~]{1,255}$/;

/** Publishes messages with the rights of the signing key or of a token. */
export interface MessagePublisher {
  /** Maximum size of a message's data in bytes. */
  readonly maxMessageBytes: number;
  /** Names the client: the user of its token or, without one, the token; `undefined` for the signing key. */
  readonly client: string | undefined;

  /** @throws {RealtimeError} `forbidden` where the right to publish to one of the topics is missing. */
  require(channel: string, topics: readonly string[]): void;

  /**
   * Publishes one message to some topics of a channel.
   *
   * @param data JSON text on one line; the limit is for it and the metadata together.
   * @param key The idempotency key, if any.
   * @returns The ids, one for each topic; without a promise where the broker returns none.
   * @throws {RealtimeError} `forbidden`, `invalid_name`, `invalid_argument`, `invalid_data`, `conflict`, `too_large`, `unavailable`.
   */
  publish(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key?: string,
  ): MaybePromise<readonly string[]>;
}

/** Checks messages and appends them to the log, without a limit to topics: publishes with the rights of the signing key. */
export class Publisher implements MessagePublisher {
  readonly maxMessageBytes: number;
  readonly client = undefined;
  readonly #broker: Broker;

  constructor(broker: Broker, maxMessageBytes: number) {
    this.#broker = broker;
    this.maxMessageBytes = maxMessageBytes;
  }

  require(): void {}

  publish(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key?: string,
  ): MaybePromise<readonly string[]> {
    const { channel, metadata = "", fnSlug = "" } = envelope;
    checkNames(envelope, topics);
    checkKey(channel, key);
    checkSize(channel, data + metadata + fnSlug, this.maxMessageBytes);
    try {
      const toMessage = (topic: string) => newMessage(envelope, topic, data);
      const published = envelope.replyTo === undefined
        ? this.#broker.publish(channel, topics.map(toMessage), key)
        : this.#reply(envelope, topics, data, key);
      return published instanceof Promise
        ? published.catch((cause) => this.#fail(channel, cause))
        : published;
    } catch (cause) {
      return this.#fail(channel, cause);
    }
  }

  async #reply(
    envelope: Envelope,
    [topic = "", ...others]: readonly string[],
    data: string,
    replyKey: string = crypto.randomUUID(),
  ): Promise<readonly string[]> {
    const { channel, replyTo } = envelope;
    const original = parseId(replyTo);
    if (!original) throw invalid(channel, '"reply_to" is not a message\'s id');
    if (others.length > 0) throw invalid(channel, "a reply has one topic");
    const message = newMessage({ ...envelope, replyKey }, topic, data);
    const broker = this.#broker;
    return [await publishReply(broker, channel, message, original, replyKey)];
  }

  #fail(channel: string, cause: unknown): never {
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
  for (const topic of topics) {
    if (!SIMPLE_NAME.test(topic)) checkName("topic", topic);
  }
  if (replyTopic !== undefined) checkName("topic", replyTopic);
  if (topics.length === 0) throw invalid(channel, "no topic is named");
}

function checkKey(channel: string, key: string | undefined): void {
  if (key === undefined) return;
  if (key === "" || key.length > KEY_LENGTH) {
    const problem = `an idempotency key has 1 to ${KEY_LENGTH} characters`;
    throw invalid(channel, problem);
  }
  if (key.startsWith(REPLY_KEY_PREFIX)) {
    throw invalid(
      channel,
      `the gateway reserves idempotency keys that begin with "${REPLY_KEY_PREFIX}"`,
    );
  }
}

function checkSize(channel: string, text: string, limit: number): void {
  // UTF-8 has at most 3 bytes for each unit of UTF-16, so most messages need no count.
  if (text.length * 3 <= limit) return;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > limit) throw tooLarge(channel, limit, bytes);
}

function invalid(channel: string, problem: string): RealtimeError {
  const message = `Cannot publish to ${quote(channel)}: ${problem}`;
  return new RealtimeError("invalid_argument", message);
}

/** Quotes the name of a channel or topic for an error message. */
export function quote(name: string): string {
  return JSON.stringify(name);
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
