import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { PIECE_CHARS, TextChunks } from "../../../core/publish/text_chunks.ts";

function cut<T extends { slice(from: number, to?: number): T; length: number }>(
  whole: T,
  cuts: readonly number[],
): T[] {
  const places = cuts.map((cut) => cut % (whole.length + 1))
    .sort((a, b) => a - b);
  return [0, ...places].map((from, i) => whole.slice(from, places[i]));
}

function collect(parts: ReadonlyArray<string | Uint8Array>): string[] {
  const chunks = new TextChunks();
  return [...parts.flatMap((part) => chunks.push(part)), ...chunks.end()];
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

const text = fc.string({ unit: "grapheme" });
const cuts = fc.array(fc.nat({ max: 1000 }));

describe("TextChunks", () => {
  it("never splits a character of bytes, wherever they are cut", () => {
    fc.assert(fc.property(text, cuts, (text, cuts) => {
      const pieces = collect(cut(new TextEncoder().encode(text), cuts));
      assertEquals(pieces.join(""), text);
      assert(pieces.every((piece) => isWellFormed(piece)));
      assert(!pieces.join("").includes("\uFFFD") || text.includes("\uFFFD"));
    }));
  });

  it("never splits a character of strings, wherever they are cut", () => {
    fc.assert(fc.property(text, cuts, (text, cuts) => {
      const pieces = collect(cut(text, cuts));
      assertEquals(pieces.join(""), text);
      assert(pieces.every((piece) => isWellFormed(piece)));
    }));
  });

  it("holds back half of a character until the other half comes", () => {
    const chunks = new TextChunks();
    assertEquals(chunks.push(Uint8Array.of(0xf0, 0x9f)), []);
    assertEquals(chunks.push(Uint8Array.of(0x98, 0x80)), ["😀"]);
    assertEquals(chunks.push("a\ud83d"), ["a"]);
    assertEquals(chunks.push("\ude00b"), ["😀b"]);
    assertEquals(chunks.end(), []);
  });

  it("replaces invalid bytes", () => {
    assertEquals(collect([Uint8Array.of(0x61, 0xff, 0x62)]), ["a\uFFFDb"]);
    assertEquals(collect([Uint8Array.of(0xe2, 0x82)]), ["\uFFFD"]);
  });

  it("takes strings after bytes", () => {
    assertEquals(collect([Uint8Array.of(0xe2, 0x82), "x"]), ["\uFFFDx"]);
  });

  it("splits long text into pieces, but never inside a character", () => {
    const long = "x" + "😀".repeat(PIECE_CHARS);
    const pieces = collect([long]);
    assertEquals(pieces.join(""), long);
    assertEquals(pieces.length, 3);
    assert(pieces.every((piece) => isWellFormed(piece)));
    assert(pieces.every((piece) => piece.length <= PIECE_CHARS));
  });
});
