import { Buffer } from "node:buffer";
import type {
  AnswerReader,
  PublisherDialect,
  SubscriberDialect,
} from "./dialect.ts";
import { binary, handshake, PONG } from "./websocket.ts";

/** The first bytes of MQTT's packets. */
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

/** Returns a CONNECT packet: version 3.1.1, a clean session, no keep-alive. */
function connect(): Buffer {
  const header = Buffer.from([4, 2, 0, 0]);
  return packet(PACKET.connect, field("MQTT"), header, field(`b${clients++}`));
}

/** The beginnings of CONNACK and SUBACK for accepted clients. */
const ACCEPTED = { connect: "\x20\x02\x00\x00", subscribe: "\x90\x03\x00\x01" };

/** WebSocket subscribers of Mosquitto, with quality of service 0. */
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

/** TCP publishers of Mosquitto, with quality of service 1, which is acknowledged. */
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

/** Counts PUBACK packets, which have four bytes. */
class Acknowledgements implements AnswerReader {
  #bytes = 0;

  read({ length }: Uint8Array): number {
    this.#bytes += length;
    const count = Math.floor(this.#bytes / 4);
    this.#bytes %= 4;
    return count;
  }
}
