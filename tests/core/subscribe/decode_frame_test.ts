import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  type ReaderMessage,
  readFrame,
} from "../../../core/subscribe/decode_frame.ts";
import { frame } from "../../support/client/fake_gateway.ts";

function read(value: unknown): unknown {
  return readFrame(JSON.stringify(value));
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
  "a kind that is no text": { kind: 1 },
  "a message without id": frame(1, 1, { id: undefined }),
  "a message with another id": frame(1, 1, { id: "1" }),
  "a message with an id that is too large": frame(1, 1, {
    id: "abcdefgh-99999999999999999",
  }),
  "a message without data": frame(1, undefined),
  "a message without a time": frame(1, 1, { created_at: undefined }),
  "a message with a time that is none": frame(1, 1, { created_at: "soon" }),
  "a message with a run that is no text": frame(1, 1, { run_id: 5 }),
  "a chunk without a stream": frame(1, 1, { kind: "chunk" }),
  "a chunk whose stream is no text": frame(1, 1, {
    kind: "chunk",
    stream_id: {},
  }),
  "a stream's start without its id": frame(1, {}, { kind: "datastream-start" }),
  "a ready without anything": { kind: "ready" },
  "a ready without channels": {
    kind: "ready",
    data: { ticket: "t", ping_interval_ms: 1 },
  },
  "a ready with a position that is none": {
    kind: "ready",
    data: {
      ticket: "t",
      ping_interval_ms: 1,
      channels: [{ channel: "c", topics: [], position: 1 }],
    },
  },
  "a ready with topics that are none": {
    kind: "ready",
    data: {
      ticket: "t",
      ping_interval_ms: 1,
      channels: [{ channel: "c", topics: [1], position: "abcdefgh-1" }],
    },
  },
  "a ready with an interval that is none": {
    kind: "ready",
    data: { ticket: "t", ping_interval_ms: "soon", channels: [] },
  },
  "a gap without ids": { kind: "gap", channel: "c", data: {} },
  "a gap of no channel": {
    kind: "gap",
    data: { after: "abcdefgh-1", before: "abcdefgh-9" },
  },
  "a ping with positions that are none": { kind: "ping", data: { c: 1 } },
  "a closing without a time": { kind: "closing", data: {} },
  "an error without a code": { kind: "error", data: {} },
};

describe("readFrame()", () => {
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
      assertStrictEquals(read(value) || false, false));
  }

  it("refuses what is not JSON", () => {
    for (const text of ["", "{", "undefined", "{}{}"]) {
      assertStrictEquals(readFrame(text), false);
    }
  });

  it("knows that it doesn't know a kind", () => {
    for (const kind of ["hologram", "toString", "__proto__", "data2", ""]) {
      assertStrictEquals(read({ kind }), null);
    }
  });

  it("never throws, and gives nothing but frames", () => {
    const kind = fc.constantFrom(...Object.keys(VALID), "other");
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom("abcdefgh-1", "c"));
    const object = fc.record({
      kind,
      channel: value,
      topic: value,
      id: value,
      created_at: value,
      stream_id: value,
      data: fc.oneof(
        value,
        fc.record({
          code: value,
          message: value,
          ticket: value,
          channels: value,
          after: value,
          before: value,
          ping_interval_ms: value,
          retry_after_ms: value,
        }),
      ),
    }, { requiredKeys: ["kind"] });
    fc.assert(fc.property(object, (object) => {
      const result = read(object);
      assert(
        !result || result === null ||
          Object(result).kind === object.kind,
      );
    }));
  });
});

describe("readFrame(), of a message", () => {
  function message(fields: object): ReaderMessage {
    return read(frame(7, { n: 1 }, fields)) as ReaderMessage;
  }

  it("has JavaScript's names", () => {
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

  it("has a time of its own, also in the same millisecond", () => {
    const [one, other] = [message({}), message({})];
    one.createdAt.setFullYear(1970);
    assertEquals(other.createdAt.getUTCFullYear(), 2026);
    const later = message({ created_at: "2026-11-24T11:05:40.124Z" });
    assertEquals(later.createdAt.getTime() - other.createdAt.getTime(), 1);
    assertStrictEquals(read(frame(1, 1, { created_at: "soon" })), false);
  });

  it("has the stream's id in every message of a data stream", () => {
    const kinds = ["datastream-start", "datastream-end"];
    for (const kind of kinds) {
      assertEquals(message({ kind, data: "s" }).streamId, "s");
    }
    assertEquals(message({ kind: "chunk", stream_id: "s" }).streamId, "s");
  });

  it("is polluted by no __proto__", () => {
    const text = JSON.stringify(frame(1, 0)).replace(
      '"data":0',
      '"data":{"__proto__":{"a":1}},"__proto__":"b","constructor":{"c":1}',
    );
    const result = readFrame(text);
    assertStrictEquals(Object.getPrototypeOf(result), Object.prototype);
    assertEquals(Object.hasOwn(Object(result), "__proto__"), false);
    assertStrictEquals(Object({}).a ?? Object({}).c, undefined);
  });
});
