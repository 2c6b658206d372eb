import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { newMessage } from "../../../server/wire/envelope.ts";

/** Returns the creation time of a message that is published at a time in milliseconds. */
function createdAt(now: number): string {
  const clock = Date.now;
  Date.now = () => now;
  try {
    const { head } = newMessage({ channel: "c" }, "t", "1");
    return JSON.parse(`${head}}`).created_at;
  } finally {
    Date.now = clock;
  }
}

describe("newMessage()", () => {
  it("writes the creation time in RFC 3339, whatever the time of the message before", () => {
    const second = Date.UTC(2026, 11, 31, 23, 59, 59);
    for (const after of [0, 0, 7, 7, 42, 999, 1000, 1001, 999, 60_000, -1]) {
      const now = second + after;
      assertEquals(createdAt(now), new Date(now).toISOString());
    }
  });
});
