import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { splitText } from "../../../core/protocol/split_text.ts";

describe("splitText()", () => {
  it("never splits a surrogate pair, and loses nothing", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    fc.assert(fc.property(text, fc.integer({ min: 2, max: 9 }), (text, n) => {
      const pieces = splitText(text, n);
      assertEquals(pieces.join(""), text);
      for (const piece of pieces) {
        assert(piece.length > 0 && piece.length <= n);
        assert(piece.isWellFormed());
      }
    }));
  });

  it("returns no pieces for an empty text", () => {
    assertEquals(splitText("", 4), []);
  });
});
