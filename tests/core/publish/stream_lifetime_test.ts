import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { StreamLifetime } from "../../../core/publish/stream_lifetime.ts";

describe("StreamLifetime", () => {
  it("is interrupted when the caller aborts, also before it begins", async () => {
    for (const isEarly of [true, false]) {
      const caller = new AbortController();
      if (isEarly) caller.abort("why");
      const lifetime = new StreamLifetime(caller.signal, "Cannot publish");
      if (!isEarly) caller.abort("why");
      const error = await assertRejects(
        () => lifetime.interrupted,
        RealtimeError,
        "Cannot publish: it was aborted",
      );
      assertEquals([error.code, error.cause], ["aborted", "why"]);
      assertEquals(lifetime.overdue.signal.aborted, false);
      lifetime.end();
    }
  });

  it("keeps its first interruption", async () => {
    const lifetime = new StreamLifetime(undefined, "Cannot publish");
    lifetime.interrupt(new Error("first"));
    lifetime.interrupt(new Error("second"));
    await assertRejects(() => lifetime.interrupted, Error, "first");
    lifetime.end();
  });

  it("is over at its end, which tells a source nothing that has ended before", () => {
    const lifetime = new StreamLifetime(undefined, "Cannot publish");
    assertEquals(lifetime.over.signal.aborted, false);
    lifetime.end();
    assertEquals(lifetime.over.signal.aborted, true);
    assertEquals(lifetime.unwanted.signal.aborted, false);
  });
});
