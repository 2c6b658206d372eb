import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { checkName, isName } from "../../../core/protocol/names.ts";

/** Returns the error's message for a name. */
function problem(name: unknown, kind: "channel" | "topic" = "channel"): string {
  const error = assertThrows(() => checkName(kind, name), RealtimeError);
  assertEquals(error.code, "invalid_name");
  return error.message;
}

describe("checkName()", () => {
  it("returns a valid name", () => {
    for (
      const name of [
        "a",
        "user:1",
        "a b/c?d",
        "Zürich",
        "👋",
        "$stream",
        "__proto__",
      ]
    ) {
      assertEquals(checkName("channel", name), name);
      assertEquals(isName(name), true);
    }
  });

  it("counts bytes: 1 to 255 of UTF-8", () => {
    for (const name of ["x".repeat(255), `${"é".repeat(127)}x`]) {
      assertEquals(checkName("topic", name), name);
    }
    for (const name of ["x".repeat(256), "é".repeat(128), "👋".repeat(64)]) {
      assertStringIncludes(problem(name), "are 1 to 255 bytes");
    }
    assertStringIncludes(problem(""), "are 1 to 255 bytes");
  });

  it("refuses control characters and halves of surrogate pairs", () => {
    for (const code of [0, 7, 9, 10, 13, 27, 31, 127, 128, 133, 159]) {
      problem(`a${String.fromCharCode(code)}b`);
    }
    for (const half of ["\ud83d", "\udc4b", "\udc4b\ud83d", "a\ud83db"]) {
      problem(half);
    }
  });

  it("refuses anything but a string", () => {
    for (const name of [undefined, null, 1, ["a"], new String("a")]) {
      assertStringIncludes(problem(name), "are 1 to 255 bytes");
    }
  });

  it("names the kind in its error, and never repeats the name", () => {
    const message = problem("s3cret\n", "topic");
    assertStringIncludes(message, "Cannot use the topic");
    assertEquals(message.includes("s3cret"), false);
  });

  it("accepts only names that survive UTF-8 and JSON", () => {
    const unit = fc.constantFrom(...'a"\\\u0000\u0085\u2028\ud83dé\udc4b👋');
    fc.assert(fc.property(fc.string({ unit }), (name) => {
      if (!isName(name)) return;
      const bytes = new TextEncoder().encode(JSON.stringify(name));
      assertEquals(JSON.parse(new TextDecoder().decode(bytes)), name);
      assertEquals(/[\n\r]/.test(name), false);
    }));
  });
});
