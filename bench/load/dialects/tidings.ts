import { mintToken } from "../../../core/protocol/mint_token.ts";
import { TOPIC } from "../../../tests/support/topic.ts";
import type {
  AnswerReader,
  Outgoing,
  PublisherDialect,
  SubscriberDialect,
} from "./dialect.ts";
import { get, HttpAnswers, post } from "./http.ts";
import { handshake, PONG, text } from "./websocket.ts";
import { Buffer } from "node:buffer";

const CONNECT = "/v1/realtime/connect?token=";
const SSE = "/v1/realtime/sse?token=";
const PUBLISH = "/v1/realtime/publish";

/** A lifetime of a day, which is longer than any measurement. */
const LIFETIME = { expiresIn: 86_400, sessionExpiresIn: 86_400 };

/** Mints the token of a subscriber. */
export function subscriberToken(
  signingKey: string,
  channel: string,
): Promise<string> {
  const topics = [{ channel, name: TOPIC }];
  return mintToken(signingKey, { topics, ...LIFETIME });
}

/** Mints the token of a client that publishes to a channel on its WebSocket, and subscribes to an unused one. */
export function publisherToken(
  signingKey: string,
  channel: string,
): Promise<string> {
  return mintToken(signingKey, {
    topics: [{ channel: `${channel}-unused`, name: TOPIC }],
    publish: [{ channel, name: TOPIC }],
    ...LIFETIME,
  });
}

/** WebSocket subscribers that speak `tidings.v1`. */
export const tidingsV1: SubscriberDialect = {
  open: (_channel, token, since) => [
    handshake(
      CONNECT + token + (since === undefined ? "" : `&since=${since}`),
      "tidings.v1",
      '"kind":"ready"',
    ),
  ],
  heartbeat: Buffer.concat([PONG, text('{"kind":"pong"}')]),
};

/** WebSocket subscribers that know only Inngest's protocol. */
export const tidingsPlain: SubscriberDialect = {
  open: (_channel, token) => [handshake(CONNECT + token)],
  heartbeat: PONG,
};

/** Subscribers on Server-Sent Events. */
export const tidingsSse: SubscriberDialect = {
  open: (_channel, token) => [{ send: get(SSE + token), until: "\r\n\r\n" }],
};

/** Publishers that send one message a request. */
export const tidingsHttp: PublisherDialect = {
  open: () => [],
  publish: ([message], token) =>
    post(
      `${PUBLISH}?channel=${message?.channel}&topic=${TOPIC}`,
      JSON.stringify(message?.payload),
      `Bearer ${token}`,
    ),
  answers: (perRequest) => new HttpAnswers(perRequest),
};

function line({ channel, payload }: Outgoing): string {
  return JSON.stringify({ channel, topic: TOPIC, data: payload });
}

/** Publishers that send several messages a request. */
export const tidingsBatch: PublisherDialect = {
  open: () => [],
  publish: (messages, token) =>
    post(
      `${PUBLISH}/batch`,
      messages.map(line).join("\n"),
      `Bearer ${token}`,
    ),
  answers: (perRequest) => new HttpAnswers(perRequest),
};

/** Publishers on WebSockets. */
export const tidingsSocket: PublisherDialect = {
  open: (token) => tidingsV1.open("", token),
  publish: ([message]) =>
    text(JSON.stringify({
      kind: "publish",
      ref: "1",
      channel: message?.channel,
      topic: TOPIC,
      data: message?.payload,
    })),
  answers: () => new Occurrences('"kind":"ack"', '"kind":"error"'),
};

/** Counts a text that occurs once in every answer. */
export class Occurrences implements AnswerReader {
  readonly #text: string;
  readonly #refusal: string;
  #rest = "";

  constructor(text: string, refusal: string) {
    this.#text = text;
    this.#refusal = refusal;
  }

  read(bytes: Uint8Array): number {
    const read = this.#rest +
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(
        "latin1",
      );
    if (read.includes(this.#refusal)) {
      throw new Error(`A publisher was refused: ${read}`);
    }
    const parts = read.split(this.#text);
    // The rest may hold the beginning of the next answer.
    this.#rest = (parts.at(-1) ?? "").slice(-(this.#text.length - 1));
    return parts.length - 1;
  }
}
