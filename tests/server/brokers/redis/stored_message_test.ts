import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import {
  decodeStored,
  encodeStored,
} from "../../../../server/brokers/redis/stored_message.ts";

describe("decodeStored()", () => {
  it("returns the encoded message, with the id that the script appended", () => {
    const text = fc.string({ unit: "grapheme" });
    fc.assert(fc.property(
      // A topic's name has no control characters.
      text.map((topic) => topic.replace(/\p{Cc}/gu, "")),
      fc.json(),
      fc.option(text, { nil: undefined }),
      fc.option(text, { nil: undefined }),
      fc.maxSafeNat(),
      (topic, json, streamId, raw, offset) => {
        const head = `{"data":${json}`;
        const message = {
          topic,
          kind: "chunk" as const,
          head,
          ...(streamId ? { streamId } : {}),
          ...(raw === undefined ? {} : { raw }),
        };
        const whole = `${head},"id":"abcdefgh-${offset}"}`;
        const bytes = Buffer.from(
          `${encodeStored(message)},"id":"abcdefgh-${offset}"}`,
        );
        const { head: _, ...fields } = message;
        assertEquals(decodeStored(bytes), {
          epoch: "abcdefgh",
          entry: {
            ...fields,
            offset,
            json: whole,
            bytes: Buffer.byteLength(whole),
          },
        });
      },
    ));
  });

  it("returns undefined for anything else", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assertEquals(decodeStored(Buffer.from(bytes)), undefined);
    }));
    for (
      const text of [
        "",
        "probe",
        't\ndata\n\n\n{"data":1}',
        't\nother\n\n\n{"data":1,"id":"abcdefgh-1"}',
        't\n__proto__\n\n\n{"data":1,"id":"abcdefgh-1"}',
        't\ndata\n\n{"data":1,"id":"abcdefgh-1"}',
        't\ndata\n\n\n{"data":1,"id":"ABCDEFGH-1"}',
      ]
    ) assertEquals(decodeStored(Buffer.from(text)), undefined);
    assertEquals(decodeStored('t\ndata\n\n\n{"id":"abcdefgh-1"}'), undefined);
  });
});
