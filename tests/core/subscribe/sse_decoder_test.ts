import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { createSseDecoder } from "../../../core/subscribe/sse_decoder.ts";

const encoder = new TextEncoder();

/** Decodes bytes that arrive in pieces. */
function decode(bytes: Uint8Array, cuts: readonly number[] = []): string[] {
  const decoder = createSseDecoder();
  const places = [...cuts, bytes.length].sort((a, b) => a - b);
  return places.flatMap((to, i) =>
    decoder(bytes.slice(places[i - 1] ?? 0, to))
  );
}

describe("createSseDecoder()", () => {
  it("returns each event's data, with the space before them", () => {
    const bytes = encoder.encode('id: 1\ndata: {"a":1}\n\ndata:{"b":2}\n\n');
    assertEquals(decode(bytes), [' {"a":1}', '{"b":2}']);
  });

  it("accepts every kind of line end", () => {
    const bytes = encoder.encode("data: a\r\n\r\ndata: b\r\rdata: c\n\n");
    assertEquals(decode(bytes), [" a", " b", " c"]);
  });

  it("skips a byte order mark, comments and other fields", () => {
    const bytes = encoder.encode(
      "\uFEFFdata: a\n\n: data: no\n\nevent: x\ndatabase: no\nid: data:\ndata: b\n\n",
    );
    assertEquals(decode(bytes), [" a", " b"]);
  });

  it("waits for the rest of an incomplete line", () => {
    assertEquals(decode(encoder.encode("data: a")), []);
  });

  it("decodes the same events for every position of one cut", () => {
    const bytes = encoder.encode(
      "\uFEFFdata: h€\r\n\r\n: x\rid: 7\rdata: 😀\u2028\r\rdata: c\n\n",
    );
    const whole = decode(bytes);
    assertEquals(whole, [" h€", " 😀\u2028", " c"]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      assertEquals(decode(bytes, [cut]), whole);
    }
  });

  it("decodes the encoded events, for any cuts", () => {
    const events = fc.array(fc.json());
    const cuts = fc.array(fc.nat({ max: 1000 }));
    fc.assert(
      fc.property(events, cuts, fc.constantFrom("\n", "\r\n"), (
        events,
        cuts,
        end,
      ) => {
        const text = events.map((data, i) =>
          `id: ${i}${end}data: ${data}${end}${end}`
        );
        const bytes = encoder.encode(text.join(""));
        const places = cuts.map((cut) => cut % (bytes.length + 1));
        assertEquals(
          decode(bytes, places).map((data) => JSON.parse(data)),
          events.map((data) => JSON.parse(data)),
        );
      }),
    );
  });
});
