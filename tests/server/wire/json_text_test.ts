import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { parseClientFrame } from "../../../server/wire/client_frame.ts";
import {
  dataOfBody,
  JSON_DEPTH,
  jsonDepth,
  parseJson,
} from "../../../server/wire/json_text.ts";

/** Text that is hard to encode: quotes, escapes, line breaks, control characters, halves of surrogate pairs. */
const anyText = fc.string({
  unit: fc.constantFrom(...'a"\\\n\r\u0000\u007f\u2028\ud83dé\udc4b€👋{}[]'),
});

/** Returns how deep a value's lists and objects are nested. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe("dataOfBody()", () => {
  it("puts any JSON on one line without changing its meaning", () => {
    const indents = fc.constantFrom<string | number>(0, 2, "\t");
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), indents, (json, indent) => {
        const value = JSON.parse(json);
        for (
          const body of [json, `\r\n ${JSON.stringify(value, null, indent)}\n`]
        ) {
          const data = dataOfBody(body);
          assertEquals(JSON.parse(data), value);
          assertEquals(/[\r\n]/.test(data), false);
        }
      }),
    );
  });

  it("encodes any other text as a JSON string", () => {
    fc.assert(fc.property(anyText, (text) => {
      const body = `not JSON: ${text}`;
      const data = dataOfBody(body);
      assertEquals(JSON.parse(data), body);
      assertEquals(/[\r\n]/.test(data), false);
    }));
  });
});

describe("jsonDepth()", () => {
  it("counts nested brackets, but none in a string", () => {
    const values = fc.jsonValue({ maxDepth: 8 });
    const strings = fc.string({
      unit: fc.constantFrom("[", "{", "]", "\\", '"'),
    });
    fc.assert(fc.property(values, strings, (value, text) => {
      const both = [value, { [text]: text }];
      assertEquals(jsonDepth(JSON.stringify(both)), depthOf(both));
    }));
  });

  it("bears any text, however deep or malformed", () => {
    assertEquals(jsonDepth("[".repeat(1_000_000)), 1_000_000);
    assertEquals(jsonDepth('"['), 0);
    assertEquals(jsonDepth('"\\'), 0);
    assertEquals(jsonDepth("]]][["), 0);
  });
});

describe("parseJson()", () => {
  it("parses the deepest JSON that is allowed, and refuses one level more", () => {
    const most = "[".repeat(JSON_DEPTH) + "]".repeat(JSON_DEPTH);
    assertEquals(depthOf(parseJson(most, "it")), JSON_DEPTH);
    const error = assertThrows(
      () => parseJson(`[${most}]`, "it"),
      RealtimeError,
    );
    assertEquals(error.code, "invalid_json");
  });
});

describe("parseClientFrame()", () => {
  it("returns a command or an error for any text, and never throws", () => {
    const frames = fc.oneof(
      anyText,
      fc.json(),
      fc.record({
        kind: fc.constantFrom("sub", "unsub", "publish", "pong", "x"),
        ref: fc.anything(),
        data: fc.anything(),
        channel: fc.anything(),
        topic: fc.anything(),
      }, { requiredKeys: ["kind"] }).map((frame) => {
        try {
          return JSON.stringify(frame);
        } catch {
          // JSON has no bigint.
          return "{}";
        }
      }),
    );
    fc.assert(fc.property(frames, (text) => {
      const { command, error } = parseClientFrame(text);
      assert((command === undefined) !== (error === undefined));
    }));
  });
});
