import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import {
  createTokenSource,
  readToken,
} from "../../../core/subscribe/token_source.ts";

const TOKEN = { channel: "c", topics: ["t"], key: "jwt" };

function codeOf(error: RealtimeError): string {
  return error.code;
}

describe("createTokenSource()", () => {
  it("presents the key of a token once that is read", async () => {
    const tokens = createTokenSource(TOKEN);
    assertEquals([await tokens.renew(), tokens.jwt], [TOKEN, "jwt"]);
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

describe("readToken()", () => {
  const { key, ...target } = TOKEN;

  it("takes a token in every form", async () => {
    for (
      const source of [
        TOKEN,
        { token: TOKEN },
        Promise.resolve(TOKEN),
        Response.json(TOKEN),
        Response.json({ token: TOKEN }),
        () => TOKEN,
        () => ({ token: TOKEN }),
        () => Promise.resolve({ token: TOKEN }),
        () => Response.json(TOKEN),
        () => Promise.resolve(Response.json({ token: TOKEN })),
      ]
    ) assertEquals(await readToken(source), TOKEN);
  });

  it("takes a key where the context has the channel and the topics", async () => {
    for (
      const source of [
        key,
        { key },
        { token: key },
        () => key,
        () => Promise.resolve({ token: { key } }),
        Response.json(key),
        Response.json({ token: key }),
      ]
    ) assertEquals(await readToken(source, target), TOKEN);
  });

  it("prefers the context to what the token says", async () => {
    const context = {
      channel: "d",
      topics: ["u"],
      apiBaseUrl: "https://b.test",
    };
    const token = { ...TOKEN, apiBaseUrl: "https://a.test", from: "start" };
    assertEquals(await readToken(token, context), { ...token, ...context });
  });

  it("says exactly what is missing", async () => {
    for (
      const [token, part, code] of [
        [undefined, "the token", "unauthenticated"],
        [null, "the token", "unauthenticated"],
        ["", "the token", "unauthenticated"],
        [() => {}, "the token", "unauthenticated"],
        [{ ...TOKEN, key: "" }, "the token's key", "unauthenticated"],
        [{ ...TOKEN, key: 5 }, "the token's key", "unauthenticated"],
        [Response.json({}), "the token's key", "unauthenticated"],
        [{ key, topics: ["t"] }, "the channel", "invalid_argument"],
        ["jwt", "the channel", "invalid_argument"],
        [{ key, channel: "c" }, "the list of topics", "invalid_argument"],
        [{ ...TOKEN, topics: "t" }, "the list of topics", "invalid_argument"],
      ] as const
    ) {
      const error = await assertRejects(() => readToken(token), RealtimeError);
      assertEquals([error.code, error.message], [
        code,
        `Cannot subscribe: ${part} is missing; getSubscriptionToken() makes complete tokens`,
      ]);
    }
  });

  it("rejects for a token whose fields can't be read", async () => {
    const cause = new Error("Mine");
    const token = {
      ...TOKEN,
      get key(): string {
        throw cause;
      },
    };
    const error = await assertRejects(() => readToken(token), RealtimeError);
    assertStrictEquals(error.cause, cause);
  });
});
