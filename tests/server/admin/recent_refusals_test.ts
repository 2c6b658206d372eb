import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RecentRefusals } from "../../../server/admin/recent_refusals.ts";
import type { Refused } from "../../../server/events/gateway_event.ts";

function refusal(fields: Partial<Refused>): Refused {
  return {
    event: "refused",
    code: 403,
    error: "forbidden",
    reason: "Cannot use the token: it was revoked",
    ...fields,
  };
}

describe("RecentRefusals", () => {
  it("finds a refusal by the subject or by the token, the newest first", () => {
    let now = 1_000_000;
    const refusals = new RecentRefusals("g", () => now);
    for (const jti of ["1", "2", "1"]) {
      refusals.add(refusal({ subject: "ann", jti }));
      now += 1_000;
    }
    refusals.add(refusal({}));
    const times = (client: { subject?: string; jti?: string }): number[] =>
      refusals.of(client).map(({ time }) => Date.parse(time));
    assertEquals(times({ subject: "ann" }), [1_002_000, 1_001_000, 1_000_000]);
    assertEquals(times({ jti: "1" }), [1_002_000, 1_000_000]);
    assertEquals(times({ jti: "3" }), []);
    assertEquals(times({}), []);
  });

  it("forgets a refusal after 10 minutes", () => {
    let now = 0;
    const refusals = new RecentRefusals("g", () => now);
    refusals.add(refusal({ subject: "ann" }));
    now = 10 * 60_000 - 1;
    assertEquals(refusals.of({ subject: "ann" }).length, 1);
    now++;
    assertEquals(refusals.of({ subject: "ann" }), []);
  });

  it("keeps 50 of a client and 1,000 in all", () => {
    const refusals = new RecentRefusals("g", () => 0);
    refusals.add(refusal({ subject: "first" }));
    for (let i = 0; i < 200; i++) refusals.add(refusal({ subject: "loud" }));
    assertEquals(refusals.of({ subject: "loud" }).length, 50);
    assertEquals(refusals.of({ subject: "first" }).length, 1);
    for (let i = 0; i < 1_000; i++) refusals.add(refusal({ jti: `${i}` }));
    assertEquals(refusals.of({ subject: "first" }), []);
    assertEquals(refusals.of({ jti: "0" }).length, 1);
  });

  it("lets no token with a wrong signature displace what is certain", () => {
    let now = 0;
    const refusals = new RecentRefusals("g", () => now++);
    refusals.add(refusal({ subject: "ann" }));
    for (let i = 0; i < 2_000; i++) {
      refusals.add(refusal({ claimed_subject: "ann", claimed_jti: `${i}` }));
    }
    const found = refusals.of({ subject: "ann" });
    assertEquals(found.length, 51);
    assertEquals(found.filter(({ unverified }) => !unverified).length, 1);
    // Each of these claims to be another user, with the id of ann's token.
    refusals.add(refusal({ subject: "ann", jti: "7" }));
    for (let i = 0; i < 200; i++) {
      refusals.add(refusal({ claimed_subject: `${i}`, claimed_jti: "7" }));
    }
    const ofToken = refusals.of({ jti: "7" });
    assertEquals(ofToken.length, 100);
    assertEquals(ofToken.filter(({ unverified }) => !unverified).length, 1);
  });
});
