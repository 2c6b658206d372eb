import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isTransient } from "../../../core/http/transient.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";

describe("isTransient()", () => {
  it("is true for failures of the network and of the gateway itself", () => {
    const codes = [
      "network",
      "timeout",
      "rate_limited",
      "unavailable",
      "internal",
    ] as const;
    for (const code of codes) {
      assertEquals(isTransient(new RealtimeError(code, "x")), true, code);
    }
  });

  it("is false for refusals, and for errors of any other class", () => {
    const codes = ["forbidden", "too_many", "conflict", "aborted"] as const;
    for (const code of codes) {
      assertEquals(isTransient(new RealtimeError(code, "x")), false, code);
    }
    assertEquals(isTransient(new TypeError("fetch failed")), false);
    assertEquals(isTransient(undefined), false);
  });
});
