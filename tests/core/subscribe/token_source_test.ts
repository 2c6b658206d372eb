import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { createTokenSource } from "../../../core/subscribe/token_source.ts";

const TOKEN = { channel: "c", topics: ["t"], key: "jwt" };

function codeOf(error: RealtimeError): string {
  return error.code;
}

describe("createTokenSource()", () => {
  it("presents a token's key", () => {
    assertEquals(createTokenSource(TOKEN).jwt, "jwt");
  });

  it("has nobody to ask for another token", async () => {
    const tokens = createTokenSource(TOKEN);
    tokens.refusal = new RealtimeError("token_expired", "It expired");
    const error = await assertRejects(() => tokens.renew(), RealtimeError);
    assertStrictEquals(error, tokens.refusal);
  });

  it("says that a token without a key is none", async () => {
    const { key: _, ...token } = TOKEN;
    const error = await assertRejects(
      () => createTokenSource(token).renew(),
      RealtimeError,
    );
    assertEquals(error.code, "unauthenticated");
  });

  it("asks the app once for all who wait", async () => {
    let asked = 0;
    const tokens = createTokenSource(() => {
      asked++;
      return Promise.resolve(TOKEN);
    });
    await Promise.all([tokens.renew(), tokens.renew(), tokens.renew()]);
    assertEquals([asked, tokens.jwt], [1, "jwt"]);
    await tokens.renew();
    assertEquals(asked, 2);
  });

  it("takes no token for a refusal", async () => {
    const { key: _, ...keyless } = TOKEN;
    for (const answer of [undefined, null, {}, keyless]) {
      const tokens = createTokenSource(() => answer as typeof TOKEN);
      const error = await assertRejects(() => tokens.renew(), RealtimeError);
      assertEquals(codeOf(error), "unauthenticated");
    }
  });

  it("passes the app's RealtimeError on", async () => {
    const own = new RealtimeError("forbidden", "Not yours");
    const error = await assertRejects(
      () => createTokenSource(() => Promise.reject(own)).renew(),
      RealtimeError,
    );
    assertStrictEquals(error, own);
  });

  it("takes what fetch rejects with for the network's failure", async () => {
    const cause = new TypeError("fetch failed");
    const error = await assertRejects(
      () => createTokenSource(() => Promise.reject(cause)).renew(),
      RealtimeError,
    );
    assertEquals(codeOf(error), "network");
    assertStrictEquals(error.cause, cause);
  });

  it("takes anything else for a refusal", async () => {
    const cause = new Error("Sign in first");
    const tokens = createTokenSource(() => {
      throw cause;
    });
    const error = await assertRejects(() => tokens.renew(), RealtimeError);
    assertEquals(codeOf(error), "unauthenticated");
    assertStrictEquals(error.cause, cause);
  });
});
