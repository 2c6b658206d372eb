import type { LogRecord } from "@logtape/logtape";
import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { jsonLine, textLine } from "../../../server/log/log_line.ts";

/** Makes a record of a template and its fields. */
function record(
  message: readonly unknown[],
  properties: Record<string, unknown>,
): LogRecord {
  return {
    category: ["tidings", "gateway"],
    level: "info",
    timestamp: Date.UTC(2026, 10, 27, 6, 31, 7, 123),
    message,
    rawMessage: "",
    properties,
  };
}

describe("a line of the text log", () => {
  it("has time, level, event and sentence, in the same form on every runtime", () => {
    const topics = ["a", "b"];
    assertEquals(
      textLine(record(["Subscribed to ", "c", ", topics ", topics, ""], {
        event: "subscribed",
      })),
      "2026-11-27T06:31:07.123Z info    subscribed  Subscribed to c, topics a, b\n",
    );
    assertEquals(
      textLine(record(["Limits: ", { a: 1, b: [true, null] }, ""], {})),
      '2026-11-27T06:31:07.123Z info    message     Limits: {"a":1,"b":[true,null]}\n',
    );
  });

  it("stays one line, whatever a client sent", () => {
    const line = textLine(record(["By ", "a\r\nb\u001b[31m\u2028", ""], {}));
    assertEquals(line.split(" By ")[1], "a\\u000d\\u000ab\\u001b[31m\\u2028\n");
  });

  it("has an error's stack and its causes in the same line", () => {
    const error = new TypeError("first", { cause: new RangeError("second") });
    const line = textLine(record(["Failed: ", error, ""], {}));
    assertMatch(
      line,
      /^[^\n]+ Failed: TypeError: first .*log_line_test[^\n]*, caused by RangeError: second[^\n]+\n$/,
    );
  });
});

describe("a line of the JSON log", () => {
  it("has no character that changes how a terminal shows it, and parses to the same text", () => {
    const reason = "a\u007fb\u009b2J\u0085\u2028\u2029\u202e\u2066\u061cü";
    const line = jsonLine(record(["x"], { event: "refused", reason }));
    assertEquals(JSON.parse(line).reason, reason);
    assertEquals(
      line.split('"reason":')[1],
      '"a\\u007fb\\u009b2J\\u0085\\u2028\\u2029\\u202e\\u2066\\u061cü"}',
    );
  });

  it("has time, level and event before the fields", () => {
    assertEquals(
      jsonLine(record(["x"], {
        event: "closed",
        code: 1000,
        subject: undefined,
        reason: "a\nb",
      })),
      '{"time":"2026-11-27T06:31:07.123Z","level":"info","event":"closed","code":1000,"reason":"a\\nb"}',
    );
  });

  it("has the text of what has no name, and errors as text", () => {
    const error = new Error("broken");
    const parsed = JSON.parse(
      jsonLine(record(["a ", ["b", 1], ""], { error })),
    );
    assertEquals([parsed.event, parsed.message], ["message", "a b, 1"]);
    assertMatch(parsed.error, /^Error: broken .*log_line_test/);
  });
});
