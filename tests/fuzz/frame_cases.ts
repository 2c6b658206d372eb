import type { Case } from "./case.ts";
import type { Credential, Credentials } from "./credentials.ts";
import { encode } from "./draft.ts";
import { properHandshake } from "./handshake_cases.ts";
import { mutate, utf8 } from "./mutate.ts";
import type { Random } from "./random.ts";
import {
  channelName,
  distort,
  jsonBytes,
  oddValue,
  position,
  someId,
  topicName,
} from "./values.ts";

const TEXT = 0x81;
const FIN = 0x80;
const OPCODES = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 };

/** Returns the bytes of a number, the highest first. */
function bigEndian(value: number, length: number): string {
  return Array.from(
    { length },
    (_, i) =>
      String.fromCharCode(Math.floor(value / 256 ** (length - 1 - i)) % 256),
  ).join("");
}

/**
 * Returns a client's frame.
 *
 * @param first Its first byte: flags and opcode.
 * @param lengthBytes How many bytes the length takes; by default as few as possible.
 */
function frame(
  first: number,
  payload: string,
  random: Random,
  lengthBytes?: 1 | 2 | 8,
): string {
  const { length } = payload;
  const shortest = length < 126 ? 1 : length < 65536 ? 2 : 8;
  const size = lengthBytes ?? shortest;
  const mask = random.bytes(4);
  const masked = Array.from(
    payload,
    (byte, i) =>
      String.fromCharCode(byte.charCodeAt(0) ^ mask.charCodeAt(i % 4)),
  ).join("");
  const second = size === 1 ? length : size === 2 ? 126 : 127;
  return String.fromCharCode(first, 0x80 | second) +
    (size === 1 ? "" : bigEndian(length, size)) + mask + masked;
}

/** Returns a frame that the client of `tidings.v1` may send, with odd fields now and then. */
function command(random: Random, { text }: Credential): string {
  const ref = random.chance(0.8) ? `r${random.below(4)}` : undefined;
  const fields = random.pick<() => Record<string, unknown>>([
    () => ({
      kind: "sub",
      ref,
      data: random.chance(0.3)
        ? text
        : distort({ token: text, since: position(random) }, random),
    }),
    () => ({ kind: "sub", ref, data: { token: text } }),
    () => ({ kind: "unsub", ref }),
    () => ({
      kind: "unsub",
      data: [{ channel: channelName(random), name: topicName(random) }],
    }),
    () => ({
      kind: "publish",
      ref,
      channel: channelName(random),
      topic: topicName(random),
      data: oddValue(random),
      ...(random.chance(0.3) ? { key: someId(random) } : {}),
      ...(random.chance(0.1) ? { key_ttl: random.below(200) } : {}),
      ...(random.chance(0.1) ? { reply_to: someId(random) } : {}),
      ...(random.chance(0.1) ? { reply_topic: topicName(random) } : {}),
    }),
    () => ({ kind: "pong" }),
    () => ({ kind: someId(random), ref }),
  ])();
  return utf8(JSON.stringify(distort(fields, random)));
}

/** Returns one or more frames that follow RFC 6455. */
function wholeFrames(random: Random, text: string): string {
  const kind = random.below(10);
  if (kind === 0) {
    return frame(FIN | OPCODES.ping, random.bytes(random.below(126)), random);
  }
  if (kind === 1) {
    return frame(FIN | OPCODES.pong, random.bytes(random.below(126)), random);
  }
  if (kind > 3) return frame(TEXT, text, random);
  // A message in fragments, with a ping between two of them.
  const at = random.below(text.length + 1);
  return [
    frame(OPCODES.text, text.slice(0, at), random),
    ...(kind === 2 ? [frame(FIN | OPCODES.ping, "between", random)] : []),
    frame(OPCODES.continuation, "", random),
    frame(FIN | OPCODES.continuation, text.slice(at), random),
  ].join("");
}

/** Returns one or more frames that break RFC 6455, or come close to it. */
function brokenFrames(random: Random, text: string): string {
  const make = (first: number, payload: string): string =>
    frame(first, payload, random);
  return random.pick<() => string>([
    () => mutate(make(TEXT, text), random),
    () => make(TEXT, mutate(text, random)),
    () => make(random.below(256), text),
    () => make(0xc1, random.bytes(50)),
    () => make(0x82, random.bytes(random.below(200))),
    () => make(FIN | OPCODES.ping, random.bytes(126 + random.below(100))),
    () => make(OPCODES.ping, "part of a ping"),
    () => make(OPCODES.continuation, text),
    () => make(OPCODES.text, text) + make(TEXT, text),
    () => make(OPCODES.text, "").repeat(1 + random.below(300)),
    () => frame(TEXT, text.slice(0, 100), random, random.pick([2, 8])),
    () => String.fromCharCode(TEXT, 0x80 | 127) + "\xff".repeat(8),
    () => String.fromCharCode(TEXT, 0x80 | 127) + bigEndian(2 ** 32, 8),
    () => String.fromCharCode(TEXT, text.length % 126) + text,
    () => make(FIN | OPCODES.close, ""),
    () => make(FIN | OPCODES.close, random.bytes(1)),
    () =>
      make(
        FIN | OPCODES.close,
        bigEndian(
          random.pick([
            0,
            999,
            1000,
            1004,
            1005,
            1006,
            1015,
            2999,
            5000,
            65535,
          ]),
          2,
        ) + random.bytes(random.below(10)),
      ),
    () => make(TEXT, "x".repeat(65_536 + random.below(2))),
    () => make(TEXT, "\xff\xfe\xc0"),
    () => random.bytes(random.below(200)),
  ])();
}

/** Makes a case of frames on a WebSocket. */
export function frameCase(random: Random, credentials: Credentials): Case {
  const opening = properHandshake(random, credentials, random.chance(0.9));
  let { isAuthorized } = opening;
  const isBroken = random.chance(0.6);
  const count = random.chance(0.95) ? 1 + random.below(6) : 150;
  const brokenAt = random.below(count);
  let bytes = "";
  for (let i = 0; i < count; i++) {
    const credential = credentials.token("subscribing", random);
    const text = random.chance(0.1)
      ? jsonBytes(random)
      : command(random, credential);
    isAuthorized ||= credential.isValid;
    bytes += isBroken && i === brokenAt
      ? brokenFrames(random, text)
      : wholeFrames(random, text);
  }
  return {
    kind: "frames",
    opening: encode(opening),
    // A ping, which a gateway that still reads answers.
    bytes: bytes + frame(FIN | OPCODES.ping, "the last one", random),
    methods: [opening.method],
    isAuthorized,
    isWhole: !isBroken,
    isSplit: random.chance(0.3),
  };
}
