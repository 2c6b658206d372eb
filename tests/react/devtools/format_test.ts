import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  compactJson,
  describeGap,
  fullJson,
  seconds,
} from "../../../react/devtools/format.ts";

describe("the texts of the devtools", () => {
  it("show data as JSON, and as text if it has no JSON", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    assertEquals(fullJson({ a: 1 }), '{\n  "a": 1\n}');
    assertEquals(compactJson({ a: 1 }), '{"a":1}');
    assertEquals(compactJson(undefined), "undefined");
    assertEquals(compactJson(7n), "7");
    assertEquals(compactJson(circle), "[object]");
    // The output of a schema, which can be converted neither to JSON nor to text.
    assertEquals(compactJson({ big: 7n, toString: 1 }), "[object]");
  });

  it("cut long JSON, and say how much is missing", () => {
    assertMatch(compactJson("x".repeat(1_000)), / … and 802 more characters$/);
    assertMatch(fullJson("x".repeat(1e6)), / … and 980,002 more characters$/);
  });

  it("say how many messages a gap has, or that the log was lost", () => {
    const channel = "user:1";
    assertEquals(
      describeGap({ channel, after: "abcdefgh-1", before: "abcdefgh-3" }),
      "Lost 1 message of the channel, after abcdefgh-1, before abcdefgh-3",
    );
    assertEquals(
      describeGap({ channel, after: "abcdefgh-9", before: "ijklmnop-1" }),
      "Lost the channel's log, after abcdefgh-9, before ijklmnop-1",
    );
  });

  it("show a duration in seconds", () => {
    assertEquals([-5, 940, 59_600].map(seconds), ["0.0 s", "0.9 s", "60 s"]);
  });
});
