import { Buffer } from "node:buffer";
import type {
  AnswerReader,
  PublisherDialect,
  SubscriberDialect,
} from "./dialect.ts";
import { binary, handshake, PONG } from "./websocket.ts";

/** What MQTT calls its packets, in their first byte. */
const PACKET = { connect: 0x10, publishOnce: 0x32, subscribe: 0x82 } as const;

let clients = 0;

function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length]), bytes]);
}

function packet(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size: number[] = [];
  for (let rest = body.length;;) {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    size.push(rest > 0 ? digit | 0x80 : digit);
    if (rest === 0) break;
  }
  return Buffer.concat([Buffer.from([type, ...size]), body]);
}

/** Version 3.1.1, a new session, no keep-alive. */
function connect(): Buffer {
  const header = Buffer.from([4, 2, 0, 0]);
  return packet(PACKET.connect, field("MQTT"), header, field(`b${clients++}`));
}

/** CONNACK and SUBACK as far as they are the same for all who are let in. */
const ACCEPTED = { connect: "\x20\x02\x00\x00", subscribe: "\x90\x03\x00\x01" };

/** Subscribers of Mosquitto on a WebSocket, with quality of service 0. */
export const mqttSocket: SubscriberDialect = {
  open: (channel) => [
    handshake("/mqtt", "mqtt"),
    { send: binary(connect()), until: ACCEPTED.connect },
    {
      send: binary(packet(
        PACKET.subscribe,
        Buffer.from([0, 1]),
        field(channel),
        Buffer.from([0]),
      )),
      until: ACCEPTED.subscribe,
    },
  ],
  heartbeat: PONG,
};

/** Publishers to Mosquitto on TCP, with quality of service 1: that is answered. */
export const mqttTcp: PublisherDialect = {
  open: () => [{ send: connect(), until: ACCEPTED.connect }],
  publish: ([message]) =>
    message
      ? packet(
        PACKET.publishOnce,
        field(message.channel),
        Buffer.from([0, 1]),
        Buffer.from(message.payload),
      )
      : "",
  answers: () => new Acknowledgements(),
};

/** A PUBACK has four bytes. */
class Acknowledgements implements AnswerReader {
  #bytes = 0;

  read({ length }: Uint8Array): number {
    this.#bytes += length;
    const count = Math.floor(this.#bytes / 4);
    this.#bytes %= 4;
    return count;
  }
}
