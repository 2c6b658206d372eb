import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { mintToken } from "../../../core/protocol/mint_token.ts";
import type { MintOptions } from "../../../core/protocol/token.ts";

const KEY = "a-signing-key-of-more-than-32-characters";
const TOPIC = { channel: "user:1", name: "ai" };

function mint(options: Partial<MintOptions> = {}): Promise<string> {
  return mintToken(KEY, { topics: [TOPIC], ...options });
}

describe("mintToken()", () => {
  it("writes the claims of the protocol into the token", async () => {
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

  it("defaults to a minute to connect, an hour of session and a random id", async () => {
    const { iat = 0, exp, sexp, jti } = decodeJwt(await mint());
    assertEquals([exp, sexp], [iat + 60, iat + 3600]);
    assert(jti !== decodeJwt(await mint()).jti);
  });

  it("makes the session last at least as long as the time to connect", async () => {
    const { iat = 0, sexp } = decodeJwt(await mint({ expiresIn: 7200 }));
    assertEquals(sexp, iat + 7200);
  });

  it("writes only the channel and name of a topic", async () => {
    const topic = { ...TOPIC, secret: "x" };
    const jwt = await mint({ topics: [topic], publish: [topic] });
    const { topics, publish } = decodeJwt(jwt);
    assertEquals([topics, publish], [[{ ...TOPIC, kind: "run" }], [TOPIC]]);
  });

  it("refuses a lifetime that is not a number, not positive or over a day", async () => {
    for (const seconds of [0, -1, 86_401, NaN, Infinity]) {
      await assertRejects(() => mint({ expiresIn: seconds }), RealtimeError);
      await assertRejects(
        () => mint({ sessionExpiresIn: seconds }),
        RealtimeError,
      );
    }
    const { iat = 0, exp } = decodeJwt(await mint({ expiresIn: 86_400 }));
    assertEquals(exp, iat + 86_400);
  });

  it("refuses an empty list of topics and one of more than 128", async () => {
    const many = Array.from({ length: 129 }, () => TOPIC);
    await assertRejects(() => mint({ topics: [] }), RealtimeError);
    await assertRejects(() => mint({ topics: many }), RealtimeError);
    await assertRejects(() => mint({ publish: many }), RealtimeError);
    await mint({ topics: many.slice(1), publish: many.slice(1) });
    await mint({ use: "publish", topics: [], publish: true });
  });

  it("refuses a name that no channel or topic can have", async () => {
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
