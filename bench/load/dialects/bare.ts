import { TOPIC } from "../../../tests/support/topic.ts";
import type {
  Outgoing,
  PublisherDialect,
  SubscriberDialect,
} from "./dialect.ts";
import { get, HttpAnswers, post } from "./http.ts";
import { handshake, PONG, text } from "./websocket.ts";

/**
 * Returns the envelope that a gateway makes of a message. Servers that forward what is posted get it ready-made, so that all servers send
 * the same bytes.
 */
function envelope({ channel, payload }: Outgoing): string {
  return `{"kind":"data","channel":${JSON.stringify(channel)},` +
    `"topic":"${TOPIC}","data":"${payload}",` +
    '"created_at":"2026-11-24T11:05:40.123Z","id":"k3v9qd2m-100000"}';
}

/** WebSocket subscribers of the bare servers. */
export const bareSocket: SubscriberDialect = {
  open: (channel, token) => [
    handshake(`/connect?channel=${channel}&token=${token}`),
  ],
  heartbeat: PONG,
};

/** Server-Sent Events subscribers of the bare servers. */
export const bareSse: SubscriberDialect = {
  open: (channel) => [
    { send: get(`/sse?channel=${channel}`), until: "\r\n\r\n" },
  ],
};

/** Publishers of the bare servers. */
export const bareHttp: PublisherDialect = {
  open: () => [],
  publish: ([message]) =>
    message ? post(`/?channel=${message.channel}`, envelope(message)) : "",
  answers: (perRequest) => new HttpAnswers(perRequest),
};

/** Subscribers of Socket.IO, which has a second handshake after the one of WebSocket. */
export const socketIo: SubscriberDialect = {
  open: (channel) => [
    handshake(
      `/socket.io/?EIO=4&transport=websocket&channel=${channel}`,
      undefined,
      "0{",
    ),
    { send: text("40"), until: "40{" },
  ],
  heartbeat: text("3"),
};

/** Publishers of Socket.IO's HTTP server, which makes its own envelope. */
export const socketIoHttp: PublisherDialect = {
  ...bareHttp,
  publish: ([message]) =>
    message ? post(`/?channel=${message.channel}`, message.payload) : "",
};
