import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { mintToken, verifyToken } from "../../../core/protocol/token.ts";
import { TicketMint } from "../../../server/auth/ticket.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";

const OTHER_KEY = `signkey-test-${"fedcba9876543210".repeat(4)}`;

describe("TicketMint", () => {
  it("makes tokens that have the rights, user, id and end of the one they come from", async () => {
    const topics = [{ channel: 'ä"1', name: "t" }, { channel: "b", name: "u" }];
    for (
      const more of [
        {},
        { publish: true as const },
        { publish: [{ channel: "b", name: "u" }], sub: "user ü" },
      ]
    ) {
      const token = await mintToken(SIGNING_KEY, { topics, ...more });
      const claims = await verifyToken([SIGNING_KEY], token, ["subscribe"]);
      const ticket = await new TicketMint(SIGNING_KEY).mint(claims);
      const { iat: _, ...got } = await verifyToken([SIGNING_KEY], ticket, [
        "ticket",
      ]);
      const { iat: _iat, ...wanted } = claims;
      assertEquals(got, { ...wanted, use: "ticket", exp: claims.sexp });
    }
  });

  it("makes tickets only, for one key only", async () => {
    const topics = [{ channel: "a", name: "t" }];
    const token = await mintToken(SIGNING_KEY, { topics });
    const claims = await verifyToken([SIGNING_KEY], token, ["subscribe"]);
    const ticket = await new TicketMint(SIGNING_KEY).mint(claims);
    for (
      const [key, use] of [
        [SIGNING_KEY, "subscribe"],
        [OTHER_KEY, "ticket"],
      ] as const
    ) {
      await assertRejects(
        () => verifyToken([key], ticket, [use]),
        RealtimeError,
      );
    }
  });
});
