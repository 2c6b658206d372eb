import type {
  Outgoing,
  PublisherDialect,
  SubscriberDialect,
} from "./dialect.ts";
import { HttpAnswers, post } from "./http.ts";
import { handshake, text } from "./websocket.ts";

/** The key of Centrifugo's HTTP API, which listens on loopback only. */
export const CENTRIFUGO_API_KEY = "bench";

const AUTHORIZATION = `apikey ${CENTRIFUGO_API_KEY}`;

/** Centrifugo answers 200 to a message that it refuses, too. */
const REFUSAL = '"error":';

/**
 * WebSocket subscribers of Centrifugo, in its JSON protocol. They send no heartbeat: Centrifugo ends the connection of a client that
 * sends a pong without a ping, and is configured not to wait for pongs.
 */
export const centrifugoSocket: SubscriberDialect = {
  open: (channel) => [
    handshake("/connection/websocket"),
    {
      send: text(
        `{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"${channel}"}}`,
      ),
      until: '"subscribe":{',
    },
  ],
};

function command({ channel, payload }: Outgoing): string {
  return JSON.stringify({ channel, data: payload });
}

/** Publishers of Centrifugo's HTTP API that send one message a request. */
export const centrifugoHttp: PublisherDialect = {
  open: () => [],
  publish: ([message]) =>
    message ? post("/api/publish", command(message), AUTHORIZATION) : "",
  answers: (perRequest) => new HttpAnswers(perRequest, REFUSAL),
};

/** Publishers of Centrifugo's HTTP API that send several messages a request. */
export const centrifugoBatch: PublisherDialect = {
  open: () => [],
  publish: (messages) => {
    const commands = messages.map((message) =>
      `{"publish":${command(message)}}`
    );
    return post(
      "/api/batch",
      `{"commands":[${commands.join(",")}]}`,
      AUTHORIZATION,
    );
  },
  answers: (perRequest) => new HttpAnswers(perRequest, REFUSAL),
};
