import { utf8 } from "./mutate.ts";
import type { Random } from "./random.ts";

/** How often a value is odd: seldom enough that most requests get past the first check. */
const ODD = 0.06;

/** The channels that requests use; the healthy client's is not among them. */
export const CHANNELS: readonly string[] = Array.from(
  { length: 8 },
  (_, i) => `fuzz:${i}`,
);

/** The topics that requests use. */
export const TOPICS: readonly string[] = ["a", "b", "$stream"];

const ODD_NAMES = [
  ...["", " ", "*", "#", "a".repeat(255), "a".repeat(256), "a".repeat(5_000)],
  ...["\0", "a\nb", "\u007f", "é", "\u{1F4A3}", "\u2028", "$lease", "$reply:1"],
  ...["__proto__", "constructor", "toString", "../..", "fuzz:0 ", "FUZZ:0"],
  ...["{fuzz:0}", "a,b", "null", "e\u0301".repeat(127)],
];

const ODD_TEXTS = [
  ...["", "0", "-1", "1", "null", "true", "NaN", "1e999", "[]", "{}", '"'],
  ...["__proto__", "x".repeat(300), "x".repeat(9_000), "\0", "\u{1F4A3}"],
  ...["9007199254740993", "18446744073709551616", "1.5", "0x1f", " 1 "],
];

const POSITIONS = [
  ...["live", "start", "last:1", "last:0", "last:1000000", "last:-1"],
  ...["last:", "aaaaaaaa-0", "aaaaaaaa-1", "aaaaaaaa-9007199254740993"],
  ...["aaaaaaaa--1", "AAAAAAAA-1", "aaaaaaaa-01", "aaaaaaaa", "-", "-1", ""],
  ...[
    "c.",
    "c.e30",
    "c.e30=",
    "c.bnVsbA",
    "c.W10",
    "c.%%%",
    "c." + "A".repeat(9_000),
  ],
  // {"fuzz:0":"aaaaaaaa-1"}, {"__proto__":"aaaaaaaa-1"}, {"fuzz:0":1}
  "c.eyJmdXp6OjAiOiJhYWFhYWFhYS0xIn0",
  "c.eyJfX3Byb3RvX18iOiJhYWFhYWFhYS0xIn0",
  "c.eyJmdXp6OjAiOjF9",
];

/** Returns the name of a channel. */
export function channelName(random: Random): string {
  return random.pick(random.chance(ODD) ? ODD_NAMES : CHANNELS);
}

/** Returns the name of a topic. */
export function topicName(random: Random): string {
  return random.pick(random.chance(ODD) ? ODD_NAMES : TOPICS);
}

/** Returns the value of `since` or of `Last-Event-ID`. */
export function position(random: Random): string {
  return random.chance(ODD) ? random.pick(ODD_TEXTS) : random.pick(POSITIONS);
}

/** Returns an id such as that of a data stream, of a run or of a request. */
export function someId(random: Random): string {
  if (random.chance(ODD)) return random.pick(ODD_TEXTS);
  return random.pick([
    `s${random.below(16)}`,
    `key-${random.below(1_000_000)}`,
    "01HZX3V4M5N6P7Q8R9S0T1V2W3",
    "5f0c2f9e-6f0b-4a57-9a43-6f1a2b3c4d5e",
    "aaaaaaaa-1",
  ]);
}

/** Returns a number of something as text. */
export function amount(random: Random): string {
  return random.chance(ODD)
    ? random.pick(ODD_TEXTS)
    : String(random.pick([0, 1, 2, 100, 1_000, 1_001]));
}

/** JSON that is valid but rare. */
const RARE_JSON = [
  ..."null true 0 -0 1e308 1e-400 123456789012345678901234567890".split(" "),
  ...[
    '""',
    "[]",
    "{}",
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"\u2028"',
  ],
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"a":1}}}'],
  ...['{"a":1,"a":2}', '{"":{"":""}}', '{"then":1}', '{"toJSON":"x"}'],
  ...['{"reply_to":"aaaaaaaa-1"}', '"\\"reply_to\\":\\"aaaaaaaa-1\\""'],
  ...[" \t\r\n1\n", `"${"x".repeat(3_000)}"`, `{"${"k".repeat(3_000)}":1}`],
  ...[
    nested(60),
    nested(64),
    nested(65),
    nested(900),
    objects(64),
    objects(70),
  ],
];

/** Text that is almost JSON. */
const BROKEN_JSON = [
  ...["", " ", "{", "[", '"', '{"a"', '{"a":}', "[1,]", "{,}", "{a:1}", "'a'"],
  ...[
    "NaN",
    "Infinity",
    "-",
    "01",
    "1.",
    ".5",
    "+1",
    "0x1",
    "undefined",
    "nul",
  ],
  ...[
    "\ufeff{}",
    "{}{}",
    "{}\0",
    '"\n"',
    '"\\x"',
    '"\\u12"',
    "[1 2]",
    "//",
    "]",
  ],
  ...["[".repeat(3_000), '{"a":'.repeat(500), "]".repeat(3_000)],
].map(utf8).concat(["\xff\xfe", '"\xc0\xaf"', '"\xed\xa0\x80"', '"\xf4\x90']);

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

function objects(depth: number): string {
  return '{"a":'.repeat(depth) + "1" + "}".repeat(depth);
}

/** Returns the bytes of a JSON value; now and then they are almost JSON. */
export function jsonBytes(random: Random): string {
  if (random.chance(ODD)) return random.pick(BROKEN_JSON);
  if (random.chance(0.4)) return utf8(random.pick(RARE_JSON));
  return JSON.stringify({
    n: random.below(1_000),
    text: "x".repeat(random.below(200)),
  });
}

/** Returns any JSON value, for a field that expects another one. */
export function oddValue(random: Random): unknown {
  return random.pick<unknown>([
    ...[null, true, 0, -1, 1.5, 2 ** 53, "", "x", "\ud800", "\0", [], {}],
    ...[[[]], { a: 1 }, ["x"], [null], "x".repeat(300), JSON.parse(nested(70))],
  ]);
}

/** Returns an object in which some fields are odd, missing or added. */
export function distort(
  fields: Readonly<Record<string, unknown>>,
  random: Random,
): Record<string, unknown> {
  const distorted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (random.chance(0.04)) continue;
    distorted[name] = random.chance(0.06) ? oddValue(random) : value;
  }
  if (random.chance(0.08)) distorted[random.pick(ODD_NAMES)] = oddValue(random);
  return distorted;
}
