import type { PublisherDialect, SubscriberDialect } from "./dialect.ts";
import { Occurrences } from "./tidings.ts";
import { handshake, PONG, text } from "./websocket.ts";
import { Buffer } from "node:buffer";

const CONNECT = 'CONNECT {"verbose":false,"pedantic":false}\r\n';

/** Subscribers of nats-server on a WebSocket. */
export const natsSocket: SubscriberDialect = {
  open: (channel) => [
    handshake("/", undefined, "INFO "),
    { send: text(`${CONNECT}SUB ${channel} 1\r\nPING\r\n`), until: "PONG" },
  ],
  heartbeat: Buffer.concat([PONG, text("PONG\r\n")]),
};

/** Publishers to nats-server on TCP: each waits for the answer to a ping behind its message. */
export const natsTcp: PublisherDialect = {
  open: () => [{ send: `${CONNECT}PING\r\n`, until: "PONG" }],
  publish: ([message]) =>
    message
      ? `PUB ${message.channel} ${message.payload.length}\r\n` +
        `${message.payload}\r\nPING\r\n`
      : "",
  answers: () => new Occurrences("PONG\r\n", "-ERR"),
};
