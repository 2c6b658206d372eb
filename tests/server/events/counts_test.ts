import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Counts } from "../../../server/events/counts.ts";

describe("Counts", () => {
  it("has one row for all codes of clients that don't say how they left", () => {
    const counts = new Counts();
    for (const code of [1000, 1006, 1012, 4401, 4408, 3000, 4999]) {
      counts.close({ code, by: "client" });
    }
    counts.close({ code: 4408, by: "gateway" });
    const closed = [...counts.closed].filter(([, count]) => count > 0);
    assertEquals(closed, [[1000, 1], [4408, 1], [1006, 1], ["other", 5]]);
  });

  it("counts refusals by the status that their errors have over HTTP", () => {
    const counts = new Counts();
    counts.refusePublish({ code: "too_large" });
    counts.refusePublish({ code: "rate_limited" });
    counts.refusePublish({ code: "too_many" });
    counts.refuseConnection({ code: "token_expired" });
    const { publishRefused, connectionsRefused } = counts;
    assertEquals([413, 429].map((code) => publishRefused.get(code)), [1, 2]);
    assertEquals(connectionsRefused.get(401), 1);
  });
});
