import { RealtimeError } from "../core/errors.ts";
import { checkName } from "../core/names.ts";
import type { Broker } from "./brokers/broker.ts";
import { type Envelope, newMessage } from "./envelope.ts";

/** Ids of an idempotency key's length that anybody needs. */
const KEY_LENGTH = 255;

/** Names as most are. To check any other takes 1 µs on Deno and Node, as its bytes are counted. */
const SIMPLE_NAME = /^[ -~]{1,255}$/;

/** Puts messages into the log, after checking what every way of publishing must check. */
export class Publisher {
  readonly #broker: Broker;
  readonly #maxMessageBytes: number;

  constructor(broker: Broker, maxMessageBytes: number) {
    this.#broker = broker;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Bytes that a message's data may have. */
  get maxMessageBytes(): number {
    return this.#maxMessageBytes;
  }

  /**
   * Publishes one message to some topics of a channel.
   *
   * @param data JSON text on one line; the limit is for it and the metadata together.
   * @param key The idempotency key, if any.
   * @returns The ids, one for each topic.
   * @throws {RealtimeError} `invalid_name`, `invalid_argument`, `too_large`, `unavailable`.
   */
  async publish(
    envelope: Omit<Envelope, "topic">,
    topics: readonly string[],
    data: string,
    key?: string,
  ): Promise<readonly string[]> {
    const { channel } = envelope;
    if (!SIMPLE_NAME.test(channel)) checkName("channel", channel);
    for (const topic of topics) {
      if (!SIMPLE_NAME.test(topic)) checkName("topic", topic);
    }
    if (topics.length === 0) {
      throw new RealtimeError(
        "invalid_argument",
        `Cannot publish to ${quote(channel)}: no topic is named`,
      );
    }
    if (key !== undefined && (key === "" || key.length > KEY_LENGTH)) {
      throw new RealtimeError(
        "invalid_argument",
        `Cannot publish to ${
          quote(channel)
        }: an idempotency key has 1 to ${KEY_LENGTH} characters`,
      );
    }
    const { metadata = "", fnSlug = "" } = envelope;
    this.#checkSize(channel, data + metadata + fnSlug);
    const messages = topics.map((topic) =>
      newMessage({ ...envelope, topic }, data)
    );
    try {
      return await this.#broker.publish(channel, messages, key);
    } catch (cause) {
      if (cause instanceof RealtimeError) throw cause;
      throw new RealtimeError(
        "unavailable",
        `Cannot publish to ${
          quote(channel)
        }: the broker "${this.#broker.name}" failed`,
        { cause },
      );
    }
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
