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

  it("cannot renew a token without a function", async () => {
    const tokens = createTokenSource(TOKEN);
    tokens.refusal = new RealtimeError("token_expired", "It expired");
    const error = await assertRejects(() => tokens.renew(), RealtimeError);
    assertStrictEquals(error, tokens.refusal);
  });

  it("refuses a token without a key", async () => {
    const { key: _, ...token } = TOKEN;
    const error = await assertRejects(
      () => createTokenSource(token).renew(),
      RealtimeError,
    );
    assertEquals(error.code, "unauthenticated");
  });

  it("calls the app's function once for concurrent calls", async () => {
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

  it("treats a missing token as a refusal", async () => {
    const { key: _, ...keyless } = TOKEN;
    for (const answer of [undefined, null, {}, keyless]) {
      const tokens = createTokenSource(() => answer as typeof TOKEN);
      const error = await assertRejects(() => tokens.renew(), RealtimeError);
      assertEquals(codeOf(error), "unauthenticated");
    }
  });

  it("rejects with the app's own RealtimeError", async () => {
    const own = new RealtimeError("forbidden", "Not yours");
    const error = await assertRejects(
      () => createTokenSource(() => Promise.reject(own)).renew(),
      RealtimeError,
    );
    assertStrictEquals(error, own);
  });

  it("treats a TypeError of fetch as a network failure", async () => {
    const cause = new TypeError("fetch failed");
    const error = await assertRejects(
      () => createTokenSource(() => Promise.reject(cause)).renew(),
      RealtimeError,
    );
    assertEquals(codeOf(error), "network");
    assertStrictEquals(error.cause, cause);
  });

  it("treats any other error as a refusal", async () => {
    const cause = new Error("Sign in first");
    const tokens = createTokenSource(() => {
      throw cause;
    });
    const error = await assertRejects(() => tokens.renew(), RealtimeError);
    assertEquals(codeOf(error), "unauthenticated");
    assertStrictEquals(error.cause, cause);
  });
});
