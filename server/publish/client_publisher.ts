import { RealtimeError } from "../../core/protocol/errors.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";
import type { Auth } from "../auth/auth.ts";
import { textOf, tokenFacts, withFacts } from "../events/refusal_facts.ts";
import { clientMark } from "./client_stream.ts";
import { isStreamKind } from "../wire/stream_message.ts";
import type { ChannelSchemas } from "./channel_schemas.ts";
import type { Envelope } from "../wire/envelope.ts";
import {
  clientOwner,
  type KeyOwner,
  type MessageKey,
  ttlOf,
} from "./idempotency_key.ts";
import type { MessageCallback } from "./message_callback.ts";
import { quote } from "../wire/quote.ts";
import type { MessagePublisher, Publisher } from "./publisher.ts";

/** The schemas that clients' messages must match, the app's callback, the rights of tokens, and the secret of clients' marks. */
export interface ClientRules {
  readonly schemas: ChannelSchemas;
  readonly callback: MessageCallback | undefined;
  readonly auth: Auth;
  readonly secret: string;
}

/** Maximum seconds for which a client's key is remembered: with more, a client could fill the broker's memory with keys. */
const MAX_CLIENT_KEY_TTL = 120;

/** Publishes the messages of one client: checks its token's grants and the topics' schemas, and calls the app's `onMessage` afterwards. */
export class ClientPublisher implements MessagePublisher {
  readonly maxMessageBytes: number;
  readonly #owner: KeyOwner;
  /** Schemas may check one message for longer than the next. */
  readonly keepsCallOrder = false;
  readonly #publisher: Publisher;
  readonly #claims: TokenClaims;
  readonly #rules: ClientRules;

  constructor(publisher: Publisher, claims: TokenClaims, rules: ClientRules) {
    this.maxMessageBytes = publisher.maxMessageBytes;
    this.#publisher = publisher;
    this.#claims = claims;
    this.#owner = clientOwner(claims);
    this.#rules = rules;
  }

  get streamMark(): string {
    return clientMark(this.#rules.secret, this.#owner);
  }

  require(channel: string, topics: readonly string[]): void {
    this.#rules.auth.require("publish", this.#claims, channel, topics);
  }

  async publish(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key?: MessageKey,
  ): Promise<readonly string[]> {
    try {
      return await this.#publish(envelope, topics, data, key);
    } catch (error) {
      const channel = textOf(envelope.channel);
      throw withFacts(error, { channel, ...tokenFacts(this.#claims) });
    }
  }

  async #publish(
    envelope: Envelope,
    topics: readonly string[],
    data: string,
    key: MessageKey | undefined,
  ): Promise<readonly string[]> {
    const { channel, kind = "data", replyTo } = envelope;
    const { schemas, callback, auth } = this.#rules;
    const { sub: subject, jti } = this.#claims;
    this.require(channel, topics);
    // Readers take the other kinds for what the app says of its runs.
    if (kind !== "data" && !isStreamKind(kind)) {
      throw forbidden(channel, `a token can't publish the kind ${quote(kind)}`);
    }
    if ((ttlOf(key) ?? 0) > MAX_CLIENT_KEY_TTL * 1000) {
      const problem =
        `a token's idempotency keys last at most ${MAX_CLIENT_KEY_TTL} s`;
      throw forbidden(channel, problem);
    }
    // The start and the end of a stream carry no data of the topic.
    if (
      !schemas.isEmpty && kind !== "datastream-start" &&
      kind !== "datastream-end"
    ) {
      const value = JSON.parse(data);
      for (const topic of topics) await schemas.check(channel, topic, value);
      // The token may have been revoked meanwhile.
      auth.revocations.require(this.#claims, channel);
    }
    const ids = await this.#publisher.publish(
      envelope,
      topics,
      data,
      key,
      this.#owner,
    );
    if (callback) {
      for (const [index, topic] of topics.entries()) {
        callback.call({
          channel,
          topic,
          kind,
          data: JSON.parse(data),
          id: ids[index] ?? "",
          ...replyTo === undefined ? {} : { replyTo },
          ...subject === undefined ? {} : { subject },
          jti,
        });
      }
    }
    return ids;
  }
}

function forbidden(channel: string, problem: string): RealtimeError {
  const message = `Cannot publish to ${quote(channel)}: ${problem}`;
  return new RealtimeError("forbidden", message);
}
