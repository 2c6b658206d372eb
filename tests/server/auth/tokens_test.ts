import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { mintToken } from "../../../core/protocol/mint_token.ts";
import type { TokenUse } from "../../../core/protocol/token.ts";
import { Tokens } from "../../../server/auth/tokens.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";
import { payloadOf, sign } from "../../support/wire/tokens.ts";

const OTHER_KEY = `signkey-test-${"fedcba9876543210".repeat(4)}`;
const USES = ["subscribe", "publish", "ticket"] as const;

const topics = [{ channel: 'ä"1', name: "t" }, { channel: "b", name: "u" }];
const own = new Tokens([SIGNING_KEY]);
const others = new Tokens([OTHER_KEY]);
const both = new Tokens([OTHER_KEY, SIGNING_KEY]);

/** Returns the code with which a token is refused. */
async function refusal(
  jwt: string,
  uses: readonly TokenUse[] = ["subscribe"],
  tokens = own,
): Promise<string> {
  const error = await assertRejects(
    () => tokens.verify(jwt, uses),
    RealtimeError,
  );
  assertEquals(jwt.length > 3 && error.message.includes(jwt), false);
  return error.code;
}

describe("Tokens.verify()", () => {
  it("returns the claims of a token, whether an app or a gateway minted it", async () => {
    const options = {
      topics,
      publish: [{ channel: "user:1", name: "reply" }],
      sub: "user ü",
      jti: "j1",
    };
    for (
      const jwt of [
        await mintToken(SIGNING_KEY, options),
        await own.mint(options),
      ]
    ) {
      const { iat, exp, sexp, ...claims } = await own.verify(jwt, [
        "subscribe",
      ]);
      assertEquals(claims, { use: "subscribe", ...options });
      assertEquals([exp, sexp], [iat + 60, iat + 3600]);
    }
  });

  it("accepts a token for its own use alone", async () => {
    for (const use of USES) {
      const jwt = await own.mint({ topics, use });
      const otherUses = USES.filter((other) => other !== use);
      assertEquals((await own.verify(jwt, [use])).use, use);
      assertEquals(await refusal(jwt, otherUses), "invalid_token");
    }
  });

  it("accepts each of its keys and signs with the first", async () => {
    for (const tokens of [own, others]) {
      const jwt = await tokens.mint({ topics });
      assertEquals((await both.verify(jwt, ["subscribe"])).topics, topics);
    }
    const jwt = await both.mint({ topics });
    assertEquals((await others.verify(jwt, ["subscribe"])).topics, topics);
    assertEquals(await refusal(jwt), "invalid_token");
  });

  it("tells an expired token from a bad one, with each of its keys", async () => {
    const now = Math.floor(Date.now() / 1000);
    const payload = { ...payloadOf(["c/t"]), iat: now - 90, exp: now - 30 };
    for (const signingKey of [SIGNING_KEY, OTHER_KEY]) {
      const jwt = await sign({ signingKey }, payload);
      assertEquals(await refusal(jwt, ["subscribe"], both), "token_expired");
    }
    const jwt = await sign({ signingKey: OTHER_KEY }, payload);
    assertEquals(await refusal(jwt), "invalid_token");
  });

  it("takes exp for the end of the session where there is no sexp", async () => {
    const payload = { ...payloadOf(["c/t"]), sexp: undefined };
    const jwt = await sign({ signingKey: SIGNING_KEY }, payload);
    const { exp, sexp } = await own.verify(jwt, ["subscribe"]);
    assertEquals([sexp, exp], [payload.exp, payload.exp]);
  });

  it("refuses a token in which any character was changed", async () => {
    const token = await mintToken(SIGNING_KEY, { topics });
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "A" ? "g" : "A";
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      assertEquals(await refusal(changed), "invalid_token");
    }
  });

  it("refuses text that is not a JWT", async () => {
    for (const jwt of ["", ".", "..", "a.b.c", "x".repeat(10_000), "é.é.é"]) {
      assertEquals(await refusal(jwt), "invalid_token");
    }
  });

  it("refuses a token with missing or additional parts", async () => {
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
    ) assertEquals(await refusal(bad), "invalid_token");
  });
});

describe("Tokens.mintTicket()", () => {
  it("keeps the token's rights, user and id, and lasts until the session ends", async () => {
    for (
      const more of [
        {},
        { publish: true as const },
        { publish: [{ channel: "b", name: "u" }], sub: "user ü" },
      ]
    ) {
      const token = await mintToken(SIGNING_KEY, { topics, ...more });
      const claims = await own.verify(token, ["subscribe"]);
      const ticket = await own.mintTicket(claims);
      const { iat, ...rest } = await own.verify(ticket, ["ticket"]);
      assertEquals({ ...rest, iat: claims.iat }, {
        ...claims,
        use: "ticket",
        exp: claims.sexp,
      });
      assertEquals(iat >= claims.iat, true);
    }
  });
});
