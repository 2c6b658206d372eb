import { RealtimeError } from "../../core/protocol/errors.ts";
import { parseId } from "../../core/protocol/id.ts";
import { checkName } from "../../core/protocol/names.ts";
import type { MaybePromise } from "../../core/types/realtime.ts";
import { ANSWER_KEY, publishAnswer } from "./replies.ts";
import type { Broker } from "../brokers/broker.ts";
import { type Envelope, newMessage } from "../wire/envelope.ts";

/** Ids of an idempotency key's length that anybody needs. */
const KEY_LENGTH = 255;

/** Names as most are. To check any other takes 1 µs on Deno and Node, as its bytes are counted. */
const SIMPLE_NAME = /^[ -~]{1,255}$/;

/** Publishes for somebody, as far as they may. */
export interface MessagePublisher {
  /** Bytes that a message's data may have. */
  readonly maxMessageBytes: number;

  /** @throws {RealtimeError} `forbidden` where one of the topics is not granted. */
  require(channel: string, topics: readonly string[]): void;

  /**
   * Publishes one message to some topics of a channel.
   *
   * @param data JSON text on one line; the limit is for it and the metadata together.
   * @param key The idempotency key, if any.
   * @returns The ids, one for each topic; at once where the broker has them at once.
   * @throws {RealtimeError} `forbidden`, `invalid_name`, `invalid_argument`, `invalid_data`, `conflict`, `too_large`, `unavailable`.
   */
  publish(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key?: string,
  ): MaybePromise<readonly string[]>;
}

/** Puts messages into the log, after checking what every way of publishing must check. Who has the signing key may publish everything. */
export class Publisher implements MessagePublisher {
  readonly #broker: Broker;
  readonly #maxMessageBytes: number;

  constructor(broker: Broker, maxMessageBytes: number) {
    this.#broker = broker;
    this.#maxMessageBytes = maxMessageBytes;
  }

  get maxMessageBytes(): number {
    return this.#maxMessageBytes;
  }

  require(): void {}

  publish(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key?: string,
  ): MaybePromise<readonly string[]> {
    const { channel } = envelope;
    if (!SIMPLE_NAME.test(channel)) checkName("channel", channel);
    for (const topic of topics) {
      if (!SIMPLE_NAME.test(topic)) checkName("topic", topic);
    }
    const { metadata = "", fnSlug = "", replyTopic, replyTo } = envelope;
    if (replyTopic !== undefined) checkName("topic", replyTopic);
    if (topics.length === 0) throw invalid(channel, "no topic is named");
    if (key !== undefined && (key === "" || key.length > KEY_LENGTH)) {
      throw invalid(
        channel,
        `an idempotency key has 1 to ${KEY_LENGTH} characters`,
      );
    }
    if (key?.startsWith(ANSWER_KEY)) {
      throw invalid(
        channel,
        `idempotency keys that begin with "${ANSWER_KEY}" are the gateway's own`,
      );
    }
    this.#checkSize(channel, data + metadata + fnSlug);
    try {
      const published = replyTo === undefined
        ? this.#append(envelope, topics, data, key)
        : this.#answer(envelope, topics, data, key);
      return published instanceof Promise
        ? published.catch((cause) => this.#fail(channel, cause))
        : published;
    } catch (cause) {
      return this.#fail(channel, cause);
    }
  }

  #fail(channel: string, cause: unknown): never {
    if (cause instanceof RealtimeError) throw cause;
    throw new RealtimeError(
      "unavailable",
      `Cannot publish to ${
        quote(channel)
      }: the broker "${this.#broker.name}" failed`,
      { cause },
    );
  }

  #append(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key: string | undefined,
  ): MaybePromise<readonly string[]> {
    const messages = topics.map((topic) => newMessage(envelope, topic, data));
    return this.#broker.publish(envelope.channel, messages, key);
  }

  async #answer(
    envelope: Envelope,
    [topic = "", ...others]: readonly string[],
    data: string,
    replyKey: string = crypto.randomUUID(),
  ): Promise<readonly string[]> {
    const { channel, replyTo } = envelope;
    const question = parseId(replyTo);
    if (!question) throw invalid(channel, '"reply_to" is the id of no message');
    if (others.length > 0) throw invalid(channel, "an answer has one topic");
    const message = newMessage({ ...envelope, replyKey }, topic, data);
    return [
      await publishAnswer(
        this.#broker,
        channel,
        message,
        question,
        replyKey,
      ),
    ];
  }

  /** Throws for what is over the limit. */
  #checkSize(channel: string, text: string): void {
    // UTF-8 has at most 3 bytes for each unit of UTF-16: most messages need no count.
    const limit = this.#maxMessageBytes;
    if (text.length * 3 <= limit) return;
    const bytes = new TextEncoder().encode(text).length;
    if (bytes > limit) throw tooLarge(channel, limit, bytes);
  }
}

function invalid(channel: string, problem: string): RealtimeError {
  return new RealtimeError(
    "invalid_argument",
    `Cannot publish to ${quote(channel)}: ${problem}`,
  );
}

/** A channel's or topic's name for a message. */
export function quote(name: string): string {
  return JSON.stringify(name);
}

/** The error for a message over the limit; how much it has is not known of one that was cut off. */
export function tooLarge(
  channel: string,
  limit: number,
  bytes?: number,
): RealtimeError {
  const size = bytes === undefined
    ? "larger than the limit of"
    : `${Math.ceil(bytes / 1024)} KiB, the limit is`;
  return new RealtimeError(
    "too_large",
    `Cannot publish to ${quote(channel)}: the message is ${size} ${
      limit / 1024
    } KiB`,
  );
}
