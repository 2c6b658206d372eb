import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { UIMessageChunk } from "ai";
import fc from "fast-check";
import { AnswerDecoder, AnswerEncoder } from "../../ai/answer_lines.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { recordCorpus } from "../support/ai/corpus.ts";
import { sendDirectly } from "../support/ai/direct_chat.ts";
import { randomAnswer } from "../support/ai/random_answer.ts";

type Chunks = readonly UIMessageChunk[];

const corpus = await recordCorpus();

function encode(chunks: Chunks): string {
  const encoder = new AnswerEncoder();
  return chunks.map((chunk) => encoder.encode(chunk)).join("");
}

/** Decodes a text that arrives in pieces. */
function decode(...pieces: readonly string[]): UIMessageChunk[] {
  const decoder = new AnswerDecoder();
  return pieces.flatMap((piece) => decoder.push(piece));
}

function text(id: string, delta: string): UIMessageChunk {
  return { type: "text-delta", id, delta };
}

/** A delta that has another field. */
function signed(id: string, delta: string, n: number): UIMessageChunk {
  const providerMetadata = { maker: { n } };
  return { type: "text-delta", id, delta, providerMetadata };
}

function reasoning(id: string, delta: string): UIMessageChunk {
  return { type: "reasoning-delta", id, delta };
}

function input(toolCallId: string, inputTextDelta: string): UIMessageChunk {
  return { type: "tool-input-delta", toolCallId, inputTextDelta };
}

/** Merges the deltas that may be merged, in the plainest way: a model of what the decoder does. */
function merge(chunks: Chunks): UIMessageChunk[] {
  const merged: UIMessageChunk[] = [];
  for (const chunk of chunks) {
    const joined = join(merged.at(-1), chunk);
    if (joined) merged.pop();
    merged.push(joined ?? chunk);
  }
  return merged;
}

function join(
  last: UIMessageChunk | undefined,
  next: UIMessageChunk,
): UIMessageChunk | undefined {
  if (!last || Object.keys(last).length > 3 || Object.keys(next).length > 3) {
    return undefined;
  }
  if (last.type === "text-delta" && next.type === "text-delta") {
    return last.id === next.id
      ? text(last.id, last.delta + next.delta)
      : undefined;
  }
  if (last.type === "reasoning-delta" && next.type === "reasoning-delta") {
    return last.id === next.id
      ? reasoning(last.id, last.delta + next.delta)
      : undefined;
  }
  if (last.type === "tool-input-delta" && next.type === "tool-input-delta") {
    return last.toolCallId === next.toolCallId
      ? input(last.toolCallId, last.inputTextDelta + next.inputTextDelta)
      : undefined;
  }
}

/** Cuts a text at some places, which may be between the halves of a character. */
function cut(text: string, places: readonly number[]): string[] {
  const sorted = places.map((place) => place % (text.length + 1))
    .sort((a, b) => a - b);
  return [0, ...sorted].map((from, index) =>
    text.slice(from, sorted[index] ?? text.length)
  );
}

describe("AnswerEncoder", () => {
  it("writes a delta that follows one of its own as a string", () => {
    assertEquals(
      encode([
        { type: "text-start", id: "1" },
        text("1", "Hel"),
        text("1", 'lo\n"'),
        text("1", ""),
        { type: "text-end", id: "1" },
      ]),
      '{"type":"text-start","id":"1"}\n' +
        '{"type":"text-delta","id":"1","delta":"Hel"}\n' +
        '"lo\\n\\""\n' +
        '""\n' +
        '{"type":"text-end","id":"1"}\n',
    );
  });

  it("writes a delta whole that follows another type, another id or another chunk, and one with more fields", () => {
    const whole: Chunks = [
      text("1", "a"),
      text("2", "b"),
      reasoning("2", "c"),
      input("2", "d"),
      text("2", "e"),
      { type: "start-step" },
      text("2", "f"),
      signed("2", "g", 1),
    ];
    assertEquals(
      encode(whole),
      whole.map((chunk) => `${JSON.stringify(chunk)}\n`).join(""),
    );
  });

  it("writes one line for each chunk of the corpus", () => {
    for (const { name, chunks } of corpus) {
      const lines = encode(chunks).split("\n");
      assertEquals([name, lines.length], [name, chunks.length + 1]);
      for (const line of lines.slice(0, -1)) JSON.parse(line);
    }
  });

  it("takes fewer bytes than the chunks, once there are many deltas", () => {
    const chunks = Array.from({ length: 100 }, () => text("1", " word"));
    assert(encode(chunks).length < JSON.stringify(chunks).length / 4);
  });
});

describe("AnswerDecoder", () => {
  it("returns the chunks, with neighbouring deltas of one id as one", () => {
    for (const { name, chunks } of corpus) {
      assertEquals([name, decode(encode(chunks))], [name, merge(chunks)]);
    }
  });

  it("merges no deltas of other ids or types, and none with more fields", () => {
    const apart: Chunks = [
      text("1", "a"),
      text("2", "b"),
      reasoning("2", "c"),
      input("2", "d"),
      text("2", "e"),
      signed("2", "f", 1),
      text("2", "g"),
      signed("2", "h", 2),
      signed("2", "i", 2),
    ];
    assertEquals(decode(encode(apart)), apart);
    const alike: Chunks = [
      text("1", "a"),
      { type: "data-x", data: 1 },
      text("1", "b"),
      { type: "text-end", id: "1" },
      { type: "text-start", id: "1" },
      text("1", "c"),
    ];
    assertEquals(decode(encode(alike)), alike);
  });

  it("returns a chunk as soon as its line is complete, and a delta without waiting for its neighbours", () => {
    const decoder = new AnswerDecoder();
    assertEquals(decoder.push('{"type":"start"}'), []);
    assertEquals(decoder.push("\n"), [{ type: "start" }]);
    assertEquals(
      decoder.push('{"type":"text-delta","id":"1","delta":"a"}\n"b'),
      [text("1", "a")],
    );
    assertEquals(decoder.push('"\n"c"\n'), [text("1", "bc")]);
    assertEquals(decoder.push(""), []);
  });

  it("returns the same chunks wherever one cut splits the text", async () => {
    await Promise.all(corpus.map(async ({ name, chunks }) => {
      const encoded = encode(chunks);
      // A file of hundreds of kilobytes is cut in a few places only.
      const step = encoded.length < 5_000 ? 1 : encoded.length >> 4;
      for (let at = 0; at <= encoded.length; at += step) {
        const decoded = decode(encoded.slice(0, at), encoded.slice(at));
        assertEquals([name, at, merge(decoded)], [name, at, merge(chunks)]);
      }
      const last = decode(...encoded.length < 5_000 ? encoded : [encoded]);
      assertEquals(await sendDirectly(last), await sendDirectly(chunks));
    }));
  });

  it("returns the same chunks wherever many cuts split the text of a random answer", () => {
    fc.assert(
      fc.property(randomAnswer, fc.array(fc.nat()), (chunks, places) => {
        const sent: Chunks = JSON.parse(JSON.stringify(chunks));
        const pieces = cut(encode(chunks), places);
        assertEquals(merge(decode(...pieces)), merge(sent));
        assertEquals(decode(encode(chunks)), merge(sent));
      }),
    );
  });

  it("refuses text that is no line of an answer", () => {
    for (
      const line of [
        "no JSON",
        "",
        "1",
        "null",
        "[]",
        "{}",
        '{"type":1}',
        '"continues nothing"',
        '{"type":"start"}\n"continues no delta"',
        '{"type":"text-delta","id":"1"}\n"continues no text"',
        '{"type":"text-delta","id":1,"delta":"a"}\n"continues no id"',
      ]
    ) {
      const error = assertThrows(() => decode(`${line}\n`), RealtimeError);
      assertEquals(
        [line, error.code, error.message],
        [
          line,
          "invalid_json",
          "Cannot read the answer: its text was not made for a chat",
        ],
      );
    }
  });
});
