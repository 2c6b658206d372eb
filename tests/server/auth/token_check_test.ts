import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { mintToken, verifyToken } from "../../../core/protocol/token.ts";
import { TokenCheck } from "../../../server/auth/token_check.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";

const OTHER_KEY = `signkey-test-${"fedcba9876543210".repeat(4)}`;
const USES = ["subscribe", "ticket"] as const;

const topics = [{ channel: 'ä"1', name: "t" }, { channel: "b", name: "u" }];

describe("TokenCheck", () => {
  const check = new TokenCheck([SIGNING_KEY, OTHER_KEY]);

  it("says of a good token what verifyToken() says, whichever key made it", async () => {
    for (const key of [SIGNING_KEY, OTHER_KEY]) {
      for (const more of [{}, { publish: true as const, sub: "user ü" }]) {
        const token = await mintToken(key, { topics, ...more });
        assertEquals(
          await check.verify(token, USES),
          await verifyToken([key], token, USES),
        );
      }
    }
  });

  it("refuses a token of which any character was changed", async () => {
    const token = await mintToken(SIGNING_KEY, { topics });
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "A" ? "g" : "A";
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      await assertRejects(() => check.verify(changed, USES), RealtimeError);
    }
  });

  it("refuses parts that are missing or too many, and a signature that is empty", async () => {
    const token = await mintToken(SIGNING_KEY, { topics });
    const [header = "", payload = ""] = token.split(".");
    for (
      const bad of [
        `${token}.`,
        `${token}.x`,
        `.${token}`,
        `${header}.${payload}`,
        `${header}.${payload}.`,
        token.slice(0, -1),
        `${token}A`,
        token + token.slice(token.lastIndexOf(".") + 1),
      ]
    ) await assertRejects(() => check.verify(bad, USES), RealtimeError);
  });

  it("refuses a good signature for another use, or of another key", async () => {
    const publishing = await mintToken(SIGNING_KEY, {
      use: "publish",
      topics: [],
      publish: true,
    });
    await assertRejects(() => check.verify(publishing, USES), RealtimeError);
    const token = await mintToken(OTHER_KEY, { topics });
    const other = new TokenCheck([SIGNING_KEY]);
    await assertRejects(() => other.verify(token, USES), RealtimeError);
  });
});
