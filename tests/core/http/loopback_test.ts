import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isLoopback } from "../../../core/http/loopback.ts";

describe("isLoopback()", () => {
  it("is true for this machine's own names only", () => {
    for (
      const host of ["localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]"]
    ) assertEquals(isLoopback(host), true, host);
    for (
      const host of ["", "0.0.0.0", "::", "localhost.com", "1127.0.0.1", "::2"]
    ) assertEquals(isLoopback(host), false, host);
  });
});
