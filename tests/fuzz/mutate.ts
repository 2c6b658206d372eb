import type { Random } from "./random.ts";

/** Changes a text of bytes. */
type Mutation = (bytes: string, random: Random) => string;

/** The most bytes that a mutation duplicates or removes. */
const RANGE = 64;

/** Bytes that parsers treat specially. */
const SPECIAL = [
  ...["\0", "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", "%", "%00", "%zz"],
  ...[":", ";", ",", "?", "&", "=", "#", '"', "\\", "\x7f", "\x80", "\xff"],
  ...["\xc0\xaf", "\xed\xa0\x80", "\xef\xbb\xbf", "/../", "//", "@", "{", "["],
];

/** Replaces a range of a text. */
function splice(text: string, at: number, length: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + length);
}

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const at = random.below(bytes.length);
    const flipped = bytes.charCodeAt(at) ^ (1 << random.below(8));
    return splice(bytes, at, 1, String.fromCharCode(flipped));
  },
  function insertSpecial(bytes, random) {
    const at = random.below(bytes.length + 1);
    return splice(bytes, at, 0, random.pick(SPECIAL));
  },
  function replaceBySpecial(bytes, random) {
    return splice(bytes, random.below(bytes.length), 1, random.pick(SPECIAL));
  },
  function insertNoise(bytes, random) {
    const at = random.below(bytes.length + 1);
    return splice(bytes, at, 0, random.bytes(1 + random.below(8)));
  },
  function removeRange(bytes, random) {
    const at = random.below(bytes.length);
    return splice(bytes, at, 1 + random.below(RANGE), "");
  },
  function repeatRange(bytes, random) {
    const at = random.below(bytes.length);
    const range = bytes.slice(at, at + 1 + random.below(RANGE));
    return splice(bytes, at, 0, range.repeat(1 + random.below(3)));
  },
  function moveRange(bytes, random) {
    const at = random.below(bytes.length);
    const length = 1 + random.below(RANGE);
    const rest = splice(bytes, at, length, "");
    const to = random.below(rest.length + 1);
    return splice(rest, to, 0, bytes.slice(at, at + length));
  },
  function changeCase(bytes, random) {
    const at = random.below(bytes.length);
    const range = bytes.slice(at, at + 1 + random.below(RANGE));
    const changed = random.chance(0.5)
      ? range.toUpperCase()
      : range.toLowerCase();
    // A few letters have no other case in one byte.
    const isOfBytes = [...changed].every((one) => one.charCodeAt(0) < 256);
    return isOfBytes ? splice(bytes, at, range.length, changed) : bytes;
  },
  function changeNumber(bytes, random) {
    const numbers = [...bytes.matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const { index, 0: number } = random.pick(numbers);
    const other = random.pick([
      ...["0", "-1", "1e9", "00", "+1", "0x10", "4294967296", "1.5"],
      ...["9007199254740993", "99999999999999999999", ""],
    ]);
    return splice(bytes, index, number.length, other);
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length));
  },
  function exchangeLineEnds(bytes, random) {
    return bytes.replaceAll(
      "\r\n",
      random.pick(["\n", "\r", "\n\r", "\r\r\n"]),
    );
  },
];

/** Changes a text of bytes in one to three ways. */
export function mutate(bytes: string, random: Random): string {
  let mutated = bytes;
  for (let count = 1 + random.below(3); count > 0; count--) {
    if (mutated.length === 0) return mutated;
    mutated = random.pick(MUTATIONS)(mutated, random);
  }
  return mutated;
}

/** Returns the UTF-8 bytes of a text as a text of bytes. */
export function utf8(text: string): string {
  return Array.from(
    new TextEncoder().encode(text),
    (byte) => String.fromCharCode(byte),
  ).join("");
}

/** Formats bytes for a report: every byte that is no visible ASCII as an escape. */
export function escapeBytes(bytes: string): string {
  return bytes.replaceAll(/[^\x20-\x5b\x5d-\x7e]/g, (character) => {
    const known = { "\r": "\\r", "\n": "\\n", "\\": "\\\\" }[character];
    const hex = character.charCodeAt(0).toString(16).padStart(2, "0");
    return known ?? `\\x${hex}`;
  });
}
