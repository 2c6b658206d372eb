import { TOPIC } from "../../../tests/support/topic.ts";
import type {
  Outgoing,
  PublisherDialect,
  SubscriberDialect,
} from "./dialect.ts";
import { get, HttpAnswers, post } from "./http.ts";
import { handshake, PONG, text } from "./websocket.ts";

/**
 * What a gateway makes of a message: the servers that send on what they get are given this, so that all send the same
 * bytes.
 */
function envelope({ channel, payload }: Outgoing): string {
  return `{"kind":"data","channel":${JSON.stringify(channel)},` +
    `"topic":"${TOPIC}","data":"${payload}",` +
    '"created_at":"2026-11-24T11:05:40.123Z","id":"k3v9qd2m-100000"}';
}

/** Subscribers of the servers of `bench/peers` on a WebSocket. */
export const bareSocket: SubscriberDialect = {
  open: (channel, token) => [
    handshake(`/connect?channel=${channel}&token=${token}`),
  ],
  heartbeat: PONG,
};

/** Subscribers of the servers of `bench/peers` on Server-Sent Events. */
export const bareSse: SubscriberDialect = {
  open: (channel) => [
    { send: get(`/sse?channel=${channel}`), until: "\r\n\r\n" },
  ],
};

/** Publishers to the servers of `bench/peers`. */
export const bareHttp: PublisherDialect = {
  open: () => [],
  publish: ([message]) =>
    message ? post(`/?channel=${message.channel}`, envelope(message)) : "",
  answers: () => new HttpAnswers(),
};

/** Subscribers of Socket.IO, which a handshake of its own follows WebSocket's. */
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

/** Publishers to the HTTP server beside Socket.IO: it makes the envelope. */
export const socketIoHttp: PublisherDialect = {
  ...bareHttp,
  publish: ([message]) =>
    message ? post(`/?channel=${message.channel}`, message.payload) : "",
};
