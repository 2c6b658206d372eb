import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { createSseDecoder } from "../../core/sse_decoder.ts";

const encoder = new TextEncoder();

/** Decodes bytes that arrive cut at some places. */
function decode(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const decoder = createSseDecoder();
  const events: string[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length].sort((a, b) => a - b)) {
    events.push(...decoder(bytes.slice(from, Math.max(from, to))));
    from = Math.max(from, to);
  }
  return events;
}

function decodeText(text: string): string[] {
  return decode(encoder.encode(text), []);
}

describe("createSseDecoder()", () => {
  it("gives the data of each event", () => {
    assertEquals(decodeText("data: a\n\ndata:b\n\n"), ["a", "b"]);
  });

  it("joins several lines of data", () => {
    assertEquals(decodeText("data: a\ndata\ndata: b\n\n"), ["a\n\nb"]);
  });

  it("takes LF, CR and CRLF", () => {
    assertEquals(decodeText("data: a\r\rdata: b\r\n\r\ndata: c\n\n"), [
      "a",
      "b",
      "c",
    ]);
  });

  it("skips comments, other fields, events without data, a byte order mark", () => {
    const text =
      "\uFEFFdata: a\n\n: hi\n\nid: 1\nevent: x\n\ndatabase: no\n\nid: 2\ndata: b\n\n";
    assertEquals(decodeText(text), ["a", "b"]);
  });

  it("keeps an event that is not complete", () => {
    assertEquals(decodeText("data: a\n"), []);
  });

  it("takes away one space only", () => {
    assertEquals(decodeText("data:  a \n\n"), [" a "]);
  });

  it("gives the same wherever the bytes are cut", () => {
    const line = fc.constantFrom(
      "data: h€llo",
      "data: 😀\u2028x",
      "data:",
      "data",
      "id: 7",
      ": comment",
      "",
      "",
      "data: {\"a\":1}",
    );
    const end = fc.constantFrom("\n", "\r\n", "\r");
    const text = fc.array(fc.tuple(line, end)).map((lines) =>
      lines.flat().join("")
    );
    fc.assert(
      fc.property(
        text,
        fc.boolean(),
        fc.array(fc.nat({ max: 200 })),
        (text, hasMark, cuts) => {
          const bytes = encoder.encode((hasMark ? "\uFEFF" : "") + text);
          const places = cuts.map((cut) => cut % (bytes.length + 1));
          assertEquals(decode(bytes, places), decode(bytes, []));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("gives the same for every single cut of one text", () => {
    const bytes = encoder.encode(
      "\uFEFFdata: h€\r\ndata: 😀\r\n\r\n: x\rdata: b\r\rdata: c\n\n",
    );
    const whole = decode(bytes, []);
    assertEquals(whole, ["h€\n😀", "b", "c"]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      assertEquals(decode(bytes, [cut]), whole);
    }
  });
});
