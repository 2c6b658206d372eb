import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { LogEntry } from "../../../server/brokers/broker.ts";
import { Log } from "../../../server/brokers/log.ts";
import {
  joinChunks,
  MAX_JOINED_BYTES,
} from "../../../server/fan_out/join_chunks.ts";
import { type Envelope, newMessage } from "../../../server/wire/envelope.ts";

const CHANNEL = 'chat:"1" é';

/** A message that a test appends to the log. */
interface Draft extends Omit<Partial<Envelope>, "channel"> {
  readonly topic?: string;
  readonly data: unknown;
}

/** Returns the log's epoch and entries. Without other fields a message is a chunk of stream `s`. */
function logOf(drafts: readonly Draft[]): {
  epoch: string;
  entries: readonly LogEntry[];
} {
  const log = new Log(0);
  const entries = drafts.map(({ topic = "t", data, ...fields }) => {
    const envelope = {
      channel: CHANNEL,
      kind: "chunk",
      streamId: "s",
      ...fields,
    } as const;
    return log.append(newMessage(envelope, topic, JSON.stringify(data)), 0);
  });
  return { epoch: log.epoch, entries };
}

/** Joins the messages of a log whose readers stand at some offsets, and returns the frames, parsed. */
function join(drafts: readonly Draft[], marks: readonly number[] = []) {
  const { epoch, entries } = logOf(drafts);
  return joinChunks(CHANNEL, epoch, entries, apartAt(marks))
    .map(({ json }) => JSON.parse(json));
}

function apartAt(marks: readonly number[]) {
  return (before: number, after: number) =>
    marks.some((mark) => mark >= before && mark < after);
}

function dataOf(frames: ReadonlyArray<{ data: unknown }>): unknown[] {
  return frames.map(({ data }) => data);
}

const start = { kind: "datastream-start", data: "s" } as const;
const end = { kind: "datastream-end", data: "s" } as const;

describe("joinChunks()", () => {
  it("makes one chunk of those that follow each other, with the last one's id and time", () => {
    const { epoch, entries } = logOf([
      start,
      { data: "The " },
      { data: "" },
      { data: 'tide "rises"\\' },
      end,
    ]);
    const joined = joinChunks(CHANNEL, epoch, entries, () => false);
    const [first, chunk, last] = joined;
    assertEquals(joined.length, 3);
    assertEquals([first, last], [entries[0], entries[4]]);
    const expected = JSON.parse(entries[3]?.json ?? "");
    assertEquals(JSON.parse(chunk?.json ?? ""), {
      ...expected,
      data: 'The tide "rises"\\',
      id: `${epoch}-4`,
    });
    assertEquals(chunk?.offset, 4);
    assertEquals(chunk?.bytes, Buffer.byteLength(chunk?.json ?? ""));
  });

  it("keeps a chunk without neighbours as it is", () => {
    const { epoch, entries } = logOf([start, { data: "a" }, end]);
    const joined = joinChunks(CHANNEL, epoch, entries, () => false);
    assert(joined.every((entry, i) => entry === entries[i]));
  });

  it("puts the halves of a character together that were sent apart", () => {
    const frames = join([{ data: "a\ud83d" }, { data: "\ude00b" }]);
    assertEquals(dataOf(frames), ["a😀b"]);
  });

  it("separates streams, topics, and chunks with other fields", () => {
    const runId = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    assertEquals(
      dataOf(join([
        { data: "a" },
        { data: "b" },
        { data: "c", streamId: "other" },
        { data: "d", topic: "other" },
        { data: "e" },
        { data: "f", runId },
        { data: "g", runId },
        { data: "h", metadata: "1" },
        { data: "i", metadata: "2" },
        { data: "j", trace: `00-${"1".repeat(32)}-${"2".repeat(16)}-01` },
      ])),
      ["ab", "c", "d", "e", "fg", "h", "i", "j"],
    );
  });

  it("joins neither data other than text, nor chunks that stay whole, nor bytes for plain clients", () => {
    assertEquals(
      dataOf(join([
        { data: 1 },
        { data: 2 },
        { data: ["a"] },
        { data: "a", isWhole: true },
        { data: "b", isWhole: true },
        { data: "c", raw: "c" },
        { data: "d", raw: "d" },
        { data: "e", streamId: undefined },
        { data: "f", streamId: undefined },
        { data: "g", kind: "data" },
        { data: "h", kind: "data" },
      ])),
      [1, 2, ["a"], "a", "b", "c", "d", "e", "f", "g", "h"],
    );
  });

  it("begins another chunk where a reader may stand", () => {
    const drafts = ["a", "b", "c", "d", "e"].map((data) => ({ data }));
    assertEquals(dataOf(join(drafts, [2])), ["ab", "cde"]);
    assertEquals(dataOf(join(drafts, [0, 1, 4, 5])), ["a", "bcd", "e"]);
  });

  it("makes frames of at most 64 KiB, counted in UTF-8", () => {
    const large = "é".repeat(10_000);
    const huge = "x".repeat(2 * MAX_JOINED_BYTES);
    const data = [large, large, large, large, huge, "a", "b"];
    const { epoch, entries } = logOf(data.map((data) => ({ data })));
    const joined = joinChunks(CHANNEL, epoch, entries, () => false);
    assertEquals(dataOf(joined.map(({ json }) => JSON.parse(json))), [
      large.repeat(3),
      large,
      huge,
      "ab",
    ]);
    for (const { json, bytes } of joined) {
      assertEquals(bytes, Buffer.byteLength(json));
    }
    assert((joined[0]?.bytes ?? 0) <= MAX_JOINED_BYTES);
  });

  it("leaves a frame alone that it does not know", () => {
    const { epoch, entries } = logOf([{ data: "a" }, { data: "b" }]);
    const known = entries.map(({ json }) => json);
    const strange = [
      (json: string) => json.replace(',"created_at"', ',"time":1,"created_at"'),
      (json: string) => json.replace('Z"', '"'),
      (json: string) => json.replace('{"kind"', '{"new":1,"kind"'),
      (json: string) => json.replace(/}$/, ',"new":1}'),
    ];
    for (const change of strange) {
      const changed = entries.map((entry, i) => ({
        ...entry,
        json: change(known[i] ?? ""),
      }));
      assertEquals(
        joinChunks(CHANNEL, epoch, changed, () => false),
        changed,
      );
    }
    assertEquals(joinChunks(CHANNEL, epoch, entries, () => false).length, 1);
  });

  it("changes no text, whatever is in the log and wherever readers stand", () => {
    /** Any units of UTF-16, single halves of characters among them. */
    const text = fc.array(
      fc.oneof(fc.nat(0xffff), fc.constantFrom(0x22, 0x5c, 0xd83d, 0xde00)),
      { maxLength: 6 },
    ).map((units) => String.fromCharCode(...units));
    const draft = fc.record({
      kind: fc.constantFrom("chunk", "chunk", "chunk", "data"),
      topic: fc.constantFrom("t", "t", "é"),
      streamId: fc.constantFrom("s", "s", "s", "other"),
      data: fc.oneof({ weight: 9, arbitrary: text }, fc.jsonValue()),
      metadata: fc.option(text.map((text) => JSON.stringify(text)), {
        freq: 9,
        nil: undefined,
      }),
      isWhole: fc.constantFrom(false, false, false, true),
      fnSlug: fc.constantFrom(undefined, undefined, 'a"b'),
    });
    fc.assert(
      fc.property(
        fc.array(draft, { maxLength: 30 }),
        fc.array(fc.nat(30)),
        (drafts, marks) => {
          const { epoch, entries } = logOf(drafts as Draft[]);
          const joined = joinChunks(CHANNEL, epoch, entries, apartAt(marks));
          let from = 0;
          for (const entry of joined) {
            const { offset, json, bytes } = entry;
            const run = entries.slice(from, offset);
            const last = run.at(-1);
            const frames = run.map(({ json }) => JSON.parse(json));
            const data = frames.length > 1
              ? frames.map(({ data }) => data).join("")
              : frames[0].data;
            assertEquals(JSON.parse(json), { ...frames.at(-1), data });
            assertEquals(bytes, Buffer.byteLength(json));
            assertEquals({ ...entry, json: "", bytes: 0 }, {
              ...last,
              json: "",
              bytes: 0,
            });
            assert(
              run.length === 1 ||
                run.every((one) =>
                  one.kind === "chunk" && one.topic === last?.topic &&
                  one.streamId === last.streamId
                ),
            );
            assert(!marks.some((mark) => mark > from && mark < offset));
            from = offset;
          }
          assertEquals(from, entries.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
