import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { CONNECTION_LIMITS } from "../../../core/protocol/frames.ts";
import {
  type DecodedFrame,
  decodeFrame,
} from "../../../core/subscribe/decode_frame.ts";
import type { IncomingMessage } from "../../../core/subscribe/decode_message.ts";
import { frame } from "../../support/client/fake_gateway.ts";

function read(value: unknown): DecodedFrame {
  return decodeFrame(JSON.stringify(value));
}

type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === "string";
const isId: Test = (value) => /^[a-z0-9]{8}-[0-9]+$/.test(String(value));
const isNumber: Test = (value) => Number.isFinite(value);
const isCount: Test = (value) => isNumber(value) && Number(value) >= 1;
const isAnything: Test = (value) => value !== undefined;

function isListOf(test: Test): Test {
  return (value) => Array.isArray(value) && value.every(test);
}

function isAbsentOr(test: Test): Test {
  return (value) => value === undefined || test(value);
}

function isObjectOf(tests: Readonly<Record<string, Test>>): Test {
  return (value) =>
    Object(value) === value &&
    Object.entries(tests).every(([name, test]) => test(Object(value)[name]));
}

const MESSAGE: Readonly<Record<string, Test>> = {
  kind: isText,
  channel: isText,
  topic: isText,
  id: isId,
  data: isAnything,
  createdAt: (value) => value instanceof Date && isNumber(value.getTime()),
  metadata: () => true,
  runId: isAbsentOr(isText),
  fnId: isAbsentOr(isText),
  fnSlug: isAbsentOr(isText),
  envId: isAbsentOr(isText),
  replyTopic: isAbsentOr(isText),
  replyTo: isAbsentOr(isText),
  streamId: isAbsentOr(isText),
};
const STREAM_MESSAGE = { ...MESSAGE, streamId: isText };

/** The tests of every field that a decoded frame of a kind has. */
const FIELDS: Readonly<
  Record<DecodedFrame["kind"], Readonly<Record<string, Test>>>
> = {
  data: MESSAGE,
  run: MESSAGE,
  step: MESSAGE,
  event: MESSAGE,
  chunk: STREAM_MESSAGE,
  "datastream-start": STREAM_MESSAGE,
  "datastream-end": STREAM_MESSAGE,
  ready: {
    ref: isAbsentOr(isText),
    data: isObjectOf({
      session: isText,
      ticket: isText,
      ping_interval_ms: isNumber,
      limits: isAbsentOr(isObjectOf({
        subscriptions: isCount,
        frames_per_second: isCount,
        frames_at_once: isCount,
      })),
      channels: isListOf(isObjectOf({
        channel: isText,
        topics: isListOf(isText),
        position: isId,
        recovered: isAbsentOr((value) => typeof value === "boolean"),
      })),
    }),
  },
  gap: {
    ref: isAbsentOr(isText),
    channel: isText,
    data: isObjectOf({ after: isId, before: isId }),
  },
  ping: {
    ref: isAbsentOr(isText),
    data: isAbsentOr((value) => Object.values(Object(value)).every(isId)),
  },
  closing: {
    ref: isAbsentOr(isText),
    data: isObjectOf({ reason: isText, retry_after_ms: isNumber }),
  },
  error: {
    ref: isAbsentOr(isText),
    data: isObjectOf({ code: isText, message: isText }),
  },
  unknown: {},
  invalid: {},
};

/** Asserts that each field of a decoded frame has its type, and that a message has no others. */
function assertTyped(frame: DecodedFrame): void {
  const fields = FIELDS[frame.kind];
  for (const [name, test] of Object.entries(fields)) {
    const value = Object(frame)[name];
    assert(test(value), `${frame.kind}: ${name} is ${JSON.stringify(value)}`);
  }
  if (!Object.hasOwn(fields, "createdAt")) return;
  assertEquals(Object.keys(frame).filter((name) => !fields[name]), []);
}

const VALID: Readonly<Record<string, object>> = {
  data: frame(1, null),
  run: frame(1, {}, { kind: "run" }),
  "datastream-start": frame(1, "s", { kind: "datastream-start" }),
  chunk: frame(1, "x", { kind: "chunk", stream_id: "s" }),
  "datastream-end": frame(1, "s", { kind: "datastream-end", stream_id: "s" }),
  ready: {
    kind: "ready",
    data: {
      session: "s",
      ticket: "t",
      ping_interval_ms: 15_000,
      limits: CONNECTION_LIMITS,
      channels: [{ channel: "c", topics: ["t"], position: "abcdefgh-0" }],
    },
  },
  gap: {
    kind: "gap",
    channel: "c",
    data: { after: "abcdefgh-1", before: "abcdefgh-9" },
  },
  ping: { kind: "ping", data: { c: "abcdefgh-1" } },
  "ping without positions": { kind: "ping" },
  closing: { kind: "closing", data: { reason: "x", retry_after_ms: 0 } },
  error: { kind: "error", data: { code: "forbidden", message: "No" } },
};

const INVALID: Readonly<Record<string, unknown>> = {
  "null": null,
  "a number": 1,
  "a list": [],
  "no kind": {},
  "a kind that is not a string": { kind: 1 },
  "a message without id": frame(1, 1, { id: undefined }),
  "a message with a malformed id": frame(1, 1, { id: "1" }),
  "a message with an id that is too large": frame(1, 1, {
    id: "abcdefgh-99999999999999999",
  }),
  "a message without data": frame(1, undefined),
  "a message without a time": frame(1, 1, { created_at: undefined }),
  "a message with a malformed time": frame(1, 1, { created_at: "soon" }),
  "a message whose channel is not a string": frame(1, 1, { channel: 1 }),
  "a message whose topic is not a string": frame(1, 1, { topic: null }),
  "a ready whose session is not a string": {
    kind: "ready",
    data: { session: 1, ticket: "t", ping_interval_ms: 1, channels: [] },
  },
  "a ready with a limit of nothing": {
    kind: "ready",
    data: {
      session: "s",
      ticket: "t",
      ping_interval_ms: 1,
      limits: { ...CONNECTION_LIMITS, frames_per_second: 0 },
      channels: [],
    },
  },
  "a message whose run is not a string": frame(1, 1, { run_id: 5 }),
  "a chunk without a stream": frame(1, 1, { kind: "chunk" }),
  "a chunk whose stream is not a string": frame(1, 1, {
    kind: "chunk",
    stream_id: {},
  }),
  "a stream's start without its id": frame(1, {}, { kind: "datastream-start" }),
  "a ready without data": { kind: "ready" },
  "a ready without channels": {
    kind: "ready",
    data: { ticket: "t", ping_interval_ms: 1 },
  },
  "a ready with a malformed position": {
    kind: "ready",
    data: {
      ticket: "t",
      ping_interval_ms: 1,
      channels: [{ channel: "c", topics: [], position: 1 }],
    },
  },
  "a ready with malformed topics": {
    kind: "ready",
    data: {
      ticket: "t",
      ping_interval_ms: 1,
      channels: [{ channel: "c", topics: [1], position: "abcdefgh-1" }],
    },
  },
  "a ready with a malformed interval": {
    kind: "ready",
    data: { ticket: "t", ping_interval_ms: "soon", channels: [] },
  },
  "a gap without ids": { kind: "gap", channel: "c", data: {} },
  "a gap without a channel": {
    kind: "gap",
    data: { after: "abcdefgh-1", before: "abcdefgh-9" },
  },
  "a ping with malformed positions": { kind: "ping", data: { c: 1 } },
  "a closing without a time": { kind: "closing", data: {} },
  "an error without a code": { kind: "error", data: {} },
};

/** The names of fields whose types matter, in frames and in their data. */
const FIELD_NAMES = [
  "ref",
  "run_id",
  "fn_id",
  "fn_slug",
  "env_id",
  "stream_id",
  "reply_topic",
  "reply_to",
  "metadata",
  "session",
  "ticket",
  "ping_interval_ms",
  "limits",
  "subscriptions",
  "frames_per_second",
  "frames_at_once",
  "channels",
  "topics",
  "position",
  "recovered",
  "after",
  "before",
  "reason",
  "retry_after_ms",
  "code",
  "message",
  "issues",
];
const CONTROL_KINDS = ["ready", "gap", "ping", "closing", "error"];

describe("decodeFrame()", () => {
  for (const [name, value] of Object.entries(VALID)) {
    it(`reads ${name}`, () => {
      const { created_at, stream_id, ...fields } = Object(value);
      const result = Object(read(value));
      assertEquals(
        Object.keys(fields).map((key) => result[key]),
        Object.values(fields),
      );
      assertEquals(result.createdAt?.toISOString(), created_at);
      assertEquals(
        result.streamId ?? null,
        /stream/.test(name) ? "s" : stream_id ?? null,
      );
    });
  }

  for (const [name, value] of Object.entries(INVALID)) {
    it(`refuses ${name}`, () =>
      assertStrictEquals(Object(read(value)).kind, "invalid"));
  }

  it("refuses text that is not JSON", () => {
    for (const text of ["", "{", "undefined", "{}{}"]) {
      assertStrictEquals(decodeFrame(text).kind, "invalid");
    }
  });

  it("returns `unknown` for a kind that this version does not know", () => {
    for (const kind of ["hologram", "toString", "__proto__", "data2", ""]) {
      assertStrictEquals(Object(read({ kind })).kind, "unknown");
    }
  });

  for (const kind of CONTROL_KINDS) {
    it(`takes over the ref of ${kind}, and refuses one that is not a string`, () => {
      const text = read({ ...VALID[kind], ref: "1" });
      assertEquals([text.kind, Object(text).ref], [kind, "1"]);
      for (const ref of [1, null, {}, ["1"]]) {
        assertStrictEquals(read({ ...VALID[kind], ref }).kind, "invalid");
      }
    });
  }

  it("never throws, and returns a typed result for every JSON value", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      assertTyped(read(value));
    }));
  });

  it("gives every field of a frame its type when any field is replaced", () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("abcdefgh-1", "c", 1, -1, ["t"], undefined),
    );
    const kinds = Object.keys(FIELDS).filter((kind) =>
      kind !== "unknown" && kind !== "invalid"
    );
    const name = fc.constantFrom(...Object.keys(frame(1, 1)), ...FIELD_NAMES);
    const changes = fc.dictionary(name, value, { maxKeys: 2 });
    const counts = new Map<string, number>();
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        changes,
        changes,
        changes,
        (kind, outer, inner, innermost) => {
          const valid = Object(VALID[kind] ?? frame(1, 1, { kind }));
          const { data } = valid;
          const channels = data?.channels?.map((channel: object) => ({
            ...channel,
            ...innermost,
          }));
          const changed = Object(data) === data
            ? { ...data, ...channels && { channels }, ...inner }
            : data;
          const result = read({ ...valid, data: changed, ...outer, kind });
          assert([kind, "invalid"].includes(result.kind));
          assertTyped(result);
          counts.set(result.kind, (counts.get(result.kind) ?? 0) + 1);
        },
      ),
      { numRuns: 3_000 },
    );
    // Each kind was decoded at least once, so that its fields were checked.
    assertEquals([...counts.keys()].sort(), [...kinds, "invalid"].sort());
  });
});

describe("decodeFrame(), of a message", () => {
  function message(fields: object): IncomingMessage {
    return read(frame(7, { n: 1 }, fields)) as IncomingMessage;
  }

  it("gives the fields JavaScript's names", () => {
    assertEquals(message({ run_id: "r", fn_slug: "f", metadata: [1] }), {
      kind: "data",
      channel: "c",
      topic: "t",
      data: { n: 1 },
      id: "abcdefgh-7",
      createdAt: new Date("2026-11-24T11:05:40.123Z"),
      runId: "r",
      fnSlug: "f",
      metadata: [1],
    });
  });

  it("gives each message its own Date, also in the same millisecond", () => {
    const [one, other] = [message({}), message({})];
    one.createdAt.setFullYear(1970);
    assertEquals(other.createdAt.getUTCFullYear(), 2026);
    const later = message({ created_at: "2026-11-24T11:05:40.124Z" });
    assertEquals(later.createdAt.getTime() - other.createdAt.getTime(), 1);
    assertStrictEquals(
      Object(read(frame(1, 1, { created_at: "soon" }))).kind,
      "invalid",
    );
  });

  it("gives every message of a data stream the stream's id", () => {
    const kinds = ["datastream-start", "datastream-end"];
    for (const kind of kinds) {
      assertEquals(message({ kind, data: "s" }).streamId, "s");
    }
    assertEquals(message({ kind: "chunk", stream_id: "s" }).streamId, "s");
  });

  it("leaves out fields that this version does not know", () => {
    const known = Object.keys(message({}));
    const later = { attempt_no: 3, reply_to_id: "r", more: {}, ref: "1" };
    assertEquals(Object.keys(message(later)), known);
  });

  it("returns what was encoded, for all optional fields", () => {
    const text = fc.string();
    const fields = fc.record({
      run_id: text,
      fn_id: text,
      fn_slug: text,
      env_id: text,
      reply_topic: text,
      reply_to: text,
      metadata: fc.jsonValue(),
    }, { requiredKeys: [] });
    fc.assert(fc.property(fc.jsonValue(), fields, (data, fields) => {
      const {
        run_id,
        fn_id,
        fn_slug,
        env_id,
        reply_topic,
        reply_to,
        metadata,
      } = JSON.parse(JSON.stringify(fields));
      const read = decodeFrame(JSON.stringify(frame(7, data, fields)));
      const { runId, fnId, fnSlug, envId, replyTopic, replyTo, ...rest } =
        read as IncomingMessage;
      assertEquals(
        [runId, fnId, fnSlug, envId, replyTopic, replyTo, rest.metadata],
        [run_id, fn_id, fn_slug, env_id, reply_topic, reply_to, metadata],
      );
      assertEquals(rest.data, JSON.parse(JSON.stringify(data)));
    }));
  });

  it("cannot be polluted by __proto__", () => {
    const text = JSON.stringify(frame(1, 0)).replace(
      '"data":0',
      '"data":{"__proto__":{"a":1}},"__proto__":"b","constructor":{"c":1}',
    );
    const result = decodeFrame(text);
    assertStrictEquals(Object.getPrototypeOf(result), Object.prototype);
    assertEquals(Object.hasOwn(Object(result), "__proto__"), false);
    assertStrictEquals(Object({}).a ?? Object({}).c, undefined);
  });
});
