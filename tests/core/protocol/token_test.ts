import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import {
  type MintOptions,
  mintToken,
  verifyToken,
} from "../../../core/protocol/token.ts";
import { payloadOf, sign } from "../../support/wire/tokens.ts";

const KEY = "a-signing-key-of-more-than-32-characters";
const OTHER = "another-signing-key-of-more-than-32-characters";
const TOPIC = { channel: "user:1", name: "ai" };

function mint(options: Partial<MintOptions> = {}, key = KEY): Promise<string> {
  return mintToken(key, { topics: [TOPIC], ...options });
}

/** The code with which a token is refused. */
async function refusal(
  jwt: string,
  uses: Parameters<typeof verifyToken>[2] = ["subscribe"],
  keys: readonly string[] = [KEY],
): Promise<string> {
  const error = await assertRejects(
    () => verifyToken(keys, jwt, uses),
    RealtimeError,
  );
  assertEquals(error.message.includes(jwt), false);
  return error.code;
}

describe("mintToken()", () => {
  it("puts what the protocol says into the token", async () => {
    const jwt = await mint({
      publish: true,
      sub: "u1",
      jti: "j1",
      expiresIn: 120,
      sessionExpiresIn: 600,
    });
    const { iat = 0, ...claims } = decodeJwt(jwt);
    assertEquals(decodeProtectedHeader(jwt), { alg: "HS256", typ: "JWT" });
    assertEquals(claims, {
      iss: "tidings",
      aud: "tidings.subscribe",
      jti: "j1",
      sub: "u1",
      publish: true,
      topics: [{ ...TOPIC, kind: "run" }],
      exp: iat + 120,
      sexp: iat + 600,
    });
    assert(Math.abs(Date.now() / 1000 - iat) < 60);
  });

  it("has defaults: a minute to connect, an hour of session, an id of its own", async () => {
    const { iat = 0, exp, sexp, jti } = decodeJwt(await mint());
    assertEquals([exp, sexp], [iat + 60, iat + 3600]);
    assert(jti !== decodeJwt(await mint()).jti);
  });

  it("never makes a session shorter than the time to connect", async () => {
    const { iat = 0, sexp } = decodeJwt(await mint({ expiresIn: 7200 }));
    assertEquals(sexp, iat + 7200);
  });

  it("takes nothing but channel and name of a topic", async () => {
    const topic = { ...TOPIC, secret: "x" };
    const jwt = await mint({ topics: [topic], publish: [topic] });
    const { topics, publish } = decodeJwt(jwt);
    assertEquals([topics, publish], [[{ ...TOPIC, kind: "run" }], [TOPIC]]);
  });

  it("refuses lifetimes over a day, of nothing, or that are none", async () => {
    for (const seconds of [0, -1, 86_401, NaN, Infinity]) {
      await assertRejects(() => mint({ expiresIn: seconds }), RangeError);
      await assertRejects(
        () => mint({ sessionExpiresIn: seconds }),
        RangeError,
      );
    }
    await verifyToken([KEY], await mint({ expiresIn: 86_400 }), ["subscribe"]);
  });

  it("refuses no topics, and more than 128", async () => {
    const many = Array.from({ length: 129 }, () => TOPIC);
    await assertRejects(() => mint({ topics: [] }), RangeError);
    await assertRejects(() => mint({ topics: many }), RangeError);
    await assertRejects(() => mint({ publish: many }), RangeError);
    await mint({ topics: many.slice(1), publish: many.slice(1) });
    await mint({ use: "publish", topics: [], publish: true });
  });

  it("refuses names that no channel or topic can have", async () => {
    for (const name of ["", "a\nb", "x".repeat(256)]) {
      for (
        const topic of [{ channel: name, name: "t" }, { channel: "c", name }]
      ) {
        for (const options of [{ topics: [topic] }, { publish: [topic] }]) {
          const error = await assertRejects(() => mint(options), RealtimeError);
          assertEquals(error.code, "invalid_name");
        }
      }
    }
  });
});

describe("verifyToken()", () => {
  it("gives back what was minted", async () => {
    const publish = [{ channel: "user:1", name: "reply" }];
    const jwt = await mint({ publish, sub: "u1", jti: "j1" });
    const { iat, exp, sexp, ...claims } = await verifyToken([KEY], jwt, [
      "subscribe",
    ]);
    assertEquals(claims, {
      use: "subscribe",
      topics: [TOPIC],
      publish,
      sub: "u1",
      jti: "j1",
    });
    assertEquals([exp, sexp], [iat + 60, iat + 3600]);
  });

  it("takes a token for what it is made for alone", async () => {
    for (const use of ["subscribe", "publish", "ticket"] as const) {
      const jwt = await mint({ use });
      const others = (["subscribe", "publish", "ticket"] as const)
        .filter((other) => other !== use);
      assertEquals((await verifyToken([KEY], jwt, [use])).use, use);
      assertEquals(await refusal(jwt, others), "invalid_token");
    }
  });

  it("takes any of the keys, whichever comes first", async () => {
    const jwt = await mint({}, OTHER);
    for (const keys of [[KEY, OTHER], [OTHER, KEY]]) {
      assertEquals((await verifyToken(keys, jwt, ["subscribe"])).topics, [
        TOPIC,
      ]);
    }
    assertEquals(await refusal(jwt), "invalid_token");
    assertEquals(await refusal(jwt, ["subscribe"], []), "invalid_token");
  });

  it("tells an expired token from a bad one, with any of the keys", async () => {
    const now = Math.floor(Date.now() / 1000);
    const payload = { ...payloadOf(["c/t"]), iat: now - 90, exp: now - 30 };
    const jwt = await sign({ signingKey: OTHER }, payload);
    for (const keys of [[OTHER], [KEY, OTHER], [OTHER, KEY]]) {
      assertEquals(await refusal(jwt, ["subscribe"], keys), "token_expired");
    }
    assertEquals(await refusal(jwt), "invalid_token");
  });

  it("takes exp for the end of the session where there is no sexp", async () => {
    const payload = payloadOf(["c/t"]);
    const jwt = await sign({ signingKey: KEY }, {
      ...payload,
      sexp: undefined,
    });
    const { exp, sexp } = await verifyToken([KEY], jwt, ["subscribe"]);
    assertEquals([sexp, exp], [payload.exp, payload.exp]);
  });

  it("refuses what is no JWT", async () => {
    for (const jwt of ["", ".", "..", "a.b.c", "x".repeat(10_000), "é.é.é"]) {
      const error = await assertRejects(
        () => verifyToken([KEY], jwt, ["subscribe"]),
        RealtimeError,
      );
      assertEquals(error.code, "invalid_token");
    }
  });
});
