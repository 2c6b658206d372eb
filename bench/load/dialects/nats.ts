import type { PublisherDialect, SubscriberDialect } from "./dialect.ts";
import { Occurrences } from "./tidings.ts";
import { handshake, PONG, text } from "./websocket.ts";
import { Buffer } from "node:buffer";

const CONNECT = 'CONNECT {"verbose":false,"pedantic":false}\r\n';

/** WebSocket subscribers of nats-server. */
export const natsSocket: SubscriberDialect = {
  open: (channel) => [
    handshake("/", undefined, "INFO "),
    { send: text(`${CONNECT}SUB ${channel} 1\r\nPING\r\n`), until: "PONG" },
  ],
  heartbeat: Buffer.concat([PONG, text("PONG\r\n")]),
};

/** TCP publishers of nats-server. Each sends a ping after its message and waits for the answer. */
export const natsTcp: PublisherDialect = {
  open: () => [{ send: `${CONNECT}PING\r\n`, until: "PONG" }],
  publish: ([message]) =>
    message
      ? `PUB ${message.channel} ${message.payload.length}\r\n` +
        `${message.payload}\r\nPING\r\n`
      : "",
  answers: () => new Occurrences("PONG\r\n", "-ERR"),
};
