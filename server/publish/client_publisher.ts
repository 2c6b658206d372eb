import { RealtimeError } from "../../core/protocol/errors.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";
import type { ChannelSchemas } from "./channel_schemas.ts";
import type { Envelope } from "../wire/envelope.ts";
import type { Inbox } from "./message_callback.ts";
import { type MessagePublisher, type Publisher, quote } from "./publisher.ts";

/** What a gateway does with the messages of clients besides publishing them. */
export interface ClientRules {
  readonly schemas: ChannelSchemas;
  readonly inbox: Inbox | undefined;
}

/** Whether a token grants publishing to a topic. */
export function grantsPublish(
  { publish = [] }: TokenClaims,
  channel: string,
  topic: string,
): boolean {
  return publish === true ||
    publish.some((grant) => grant.channel === channel && grant.name === topic);
}

/** Publishes for a client, as far as its token grants it: after a look at the topics' schemas, and so that the app learns of it. */
export class ClientPublisher implements MessagePublisher {
  readonly #publisher: Publisher;
  readonly #claims: TokenClaims;
  readonly #rules: ClientRules;

  constructor(publisher: Publisher, claims: TokenClaims, rules: ClientRules) {
    this.#publisher = publisher;
    this.#claims = claims;
    this.#rules = rules;
  }

  get maxMessageBytes(): number {
    return this.#publisher.maxMessageBytes;
  }

  require(channel: string, topics: readonly string[]): void {
    for (const topic of topics) {
      if (grantsPublish(this.#claims, channel, topic)) continue;
      throw new RealtimeError(
        "forbidden",
        `Cannot publish to ${quote(channel)}: the token doesn't grant topic ${
          quote(topic)
        }`,
      );
    }
  }

  async publish(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key?: string,
  ): Promise<readonly string[]> {
    const { channel, kind = "data", replyTo } = envelope;
    const { schemas, inbox } = this.#rules;
    const { sub, jti } = this.#claims;
    this.require(channel, topics);
    // Start and end of a stream say nothing of the topic's own.
    if (!schemas.isEmpty && !kind.startsWith("datastream-")) {
      const value = JSON.parse(data);
      for (const topic of topics) await schemas.check(channel, topic, value);
    }
    const ids = await this.#publisher.publish(envelope, topics, data, key);
    for (const [index, topic] of inbox ? topics.entries() : []) {
      inbox?.take({
        channel,
        topic,
        kind,
        data: JSON.parse(data),
        id: ids[index] ?? "",
        ...replyTo === undefined ? {} : { replyTo },
        ...sub === undefined ? {} : { sub },
        jti,
      });
    }
    return ids;
  }
}
