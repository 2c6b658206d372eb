import {
  assert,
  assertEquals,
  assertNotMatch,
  assertRejects,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { CompactSign, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import {
  deriveTokenKey,
  hashSigningKey,
} from "../../../core/protocol/signing_key.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { Tokens } from "../../../server/auth/tokens.ts";
import {
  SIGNING_KEY,
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { post, postJson } from "../../support/wire/publish.ts";
import { requestSse } from "../../support/wire/sse.ts";
import { payloadOf, sign } from "../../support/wire/tokens.ts";
import {
  address,
  connectWire,
  handshake,
  tokenFor,
} from "../../support/wire/websocket.ts";

const OTHER_KEY = `signkey-test-${"00ff".repeat(16)}`;

function base64url(text: string): string {
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}

const ALPHABET =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Changes the last character so that it decodes to the same bytes. */
function withUnusedBits(base64url: string): string {
  const last = ALPHABET.indexOf(base64url.at(-1) ?? "");
  return base64url.slice(0, -1) + ALPHABET[last + 1];
}

describe("A token", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  /** Checks that a client of `tidings.v1` learns the reason: on Deno, where nobody gets in without a valid token, by the answer. */
  async function v1Refused(token: string, code: string): Promise<void> {
    if ("Deno" in globalThis) {
      const { answer } = await handshake(gateway, { token, v1: true });
      const { error } = JSON.parse(answer.body);
      assertEquals([answer.status, error.code], [401, code], "tidings.v1");
      return;
    }
    await using client = await connectWire(gateway, { token, v1: true });
    const frame = await client.nextText();
    assertEquals(JSON.parse(frame).data.code, code, "tidings.v1");
    assertEquals((await client.closed).code, 4401, "tidings.v1");
    if (token.length > 20) assertEquals(frame.includes(token), false);
  }

  /** Checks that every route refuses the token, each in its own form. */
  async function refused(
    token: string,
    code: string = "invalid_token",
  ): Promise<void> {
    const { answer } = await handshake(gateway, { token });
    assertEquals(answer.status, 401, "WebSocket");

    await v1Refused(token, code);

    await using late = await connectWire(gateway, { v1: true });
    await late.subscribe(token, "1");
    assertEquals(await late.error(), { ref: "1", code }, "sub frame");

    const sse = await requestSse(gateway, { token });
    assertEquals([sse.status, (await sse.json()).error.code], [401, code]);

    const history = await fetch(address(gateway, "history", { channel: "c" }), {
      headers: { authorization: `Bearer ${token}` },
    });
    assertEquals(history.status, 401, "history");
    await history.body?.cancel();

    const published = await postJson(gateway, {
      channel: "c",
      topic: "t",
      bearer: token,
    });
    assertEquals(published.status, 401, "publish");
  }

  /** Signs a token that is good except for some claims or its header. */
  function token(
    change: JWTPayload,
    header: { alg?: string; typ?: string } = {},
  ): Promise<string> {
    return sign(gateway, {
      ...payloadOf(["c/t"]),
      publish: true,
      ...change,
    }, header);
  }

  it("is accepted where these tests change nothing", async () => {
    await using client = await connectWire(gateway, { token: await token({}) });
    const bearer = await token({});
    const request = { channel: "c", topic: "t", body: "1", bearer };
    assertEquals((await postJson(gateway, request)).status, 200);
    assertEquals((await client.next()).data, 1);
  });

  it("is required", async () => {
    const { answer } = await handshake(gateway, {});
    const sse = await requestSse(gateway, {});
    await sse.body?.cancel();
    const { status, error } = await postJson(gateway, {
      channel: "c",
      topic: "t",
      bearer: "",
    });
    assertEquals([answer.status, sse.status, status], [401, 401, 401]);
    assertEquals(error?.code, "unauthenticated");
  });

  it("is refused when it is not a JWT", async () => {
    for (
      const garbage of ["x", "a.b.c", "..", `${"x".repeat(2000)}.y.z`]
    ) await refused(garbage);
  });

  it("is refused when a part is missing", async () => {
    const good = await token({});
    const [header = "", payload = "", signature = ""] = good.split(".");
    await refused(`${header}.${payload}.`);
    await refused(`${header}.${payload}`);
    await refused(`${header}.${payload}.${signature.slice(0, -4)}AAAA`);
  });

  it("is refused in any other form than unpadded, canonical base64url", async () => {
    const good = await token({});
    const [header = "", payload = "", signature = ""] = good.split(".");
    for (
      const form of [
        `${good}=`,
        `${good}==`,
        `${header}=.${payload}.${signature}`,
        `${header}.${payload}=.${signature}`,
        // 32 bytes leave two bits of the last character unused.
        `${header}.${payload}.${withUnusedBits(signature)}`,
        `${header}.${payload}.${signature}A`,
        `${header}.${payload}.${signature}%`,
        `${good}.`,
        `.${good}`,
        `${good}.${signature}`,
        `${good}.a.b`,
        `${header}..${signature}`,
        `.${payload}.${signature}`,
        "....",
      ]
    ) await refused(form);
  });

  it("is refused in the alphabet of plain base64", async () => {
    // Most signatures have one of the characters in which the alphabets differ.
    let good = await token({});
    while (!/[-_][^.]*$/.test(good)) good = await token({});
    const dot = good.lastIndexOf(".");
    const signature = good.slice(dot).replaceAll("-", "+").replaceAll("_", "/");
    await refused(good.slice(0, dot) + signature);
  });

  it("is refused with white space around it, where HTTP doesn't remove it", async () => {
    const good = await token({});
    for (const form of [`${good} `, ` ${good}`, `${good}\n`, `${good}\t`]) {
      const { answer } = await handshake(gateway, { token: form });
      assertEquals(answer.status, 401);
      await using late = await connectWire(gateway, { v1: true });
      await late.subscribe(form, "1");
      assertEquals(await late.error(), { ref: "1", code: "invalid_token" });
      const sse = await requestSse(gateway, { token: form });
      assertEquals((await sse.json()).error.code, "invalid_token");
    }
  });

  it("is refused as a header or a subprotocol with something behind it", async () => {
    const good = await token({});
    for (const behind of ["=", ".", ".x", "A"]) {
      const bearer = good + behind;
      const byHeader = await handshake(gateway, {
        headers: { authorization: `Bearer ${bearer}` },
      });
      const byProtocol = await handshake(gateway, {
        protocols: [`tidings.bearer.${bearer}`],
      });
      for (const { answer } of [byHeader, byProtocol]) {
        assertEquals(answer.status, 401);
        assertEquals(JSON.parse(answer.body).error.code, "invalid_token");
      }
    }
  });

  it("is refused when it is too long, however it came", async () => {
    const jti = "x".repeat(64 * 1024);
    const { status, body } = await post(gateway, {
      channel: "c",
      topic: "t",
      bearer: await token({ jti }),
    });
    await body?.cancel();
    // Runtimes refuse the headers of most such requests before.
    assert([400, 401, 431].includes(status));
    const tokens = new Tokens([gateway.signingKey]);
    const error = await assertRejects(
      async () => tokens.verify(await token({ jti }), ["subscribe"]),
      RealtimeError,
    );
    assertEquals(error.message, "Cannot use the token: it is too long");
  });

  it("is refused with other claims than were signed", async () => {
    const [header, , signature] = (await token({})).split(".");
    const claims = JSON.stringify(payloadOf(["c/t", "secret/t"]));
    await refused(`${header}.${base64url(claims)}.${signature}`);
  });

  it("is refused when it has expired", async () => {
    const now = Math.floor(Date.now() / 1000);
    await refused(
      await token({ iat: now - 61, exp: now - 1 }),
      "token_expired",
    );
  });

  it("is refused when it is not valid yet", async () => {
    await refused(await token({ nbf: Math.floor(Date.now() / 1000) + 60 }));
  });

  it("is refused when another key signed it", async () => {
    await refused(
      await tokenFor({ ...gateway, signingKey: OTHER_KEY }, ["c/t"]),
    );
  });

  it("is refused when the signing key itself signed it, not the derived key", async () => {
    const key = new TextEncoder().encode(gateway.signingKey);
    const payload = payloadOf(["c/t"]);
    await refused(
      await new SignJWT(payload)
        .setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(key),
    );
  });

  it("is refused with alg: none", async () => {
    const payload = base64url(JSON.stringify(payloadOf(["c/t"])));
    for (const alg of ["none", "None", "NONE", ""]) {
      const header = base64url(JSON.stringify({ alg, typ: "JWT" }));
      await refused(`${header}.${payload}.`);
    }
  });

  it("is refused with another HMAC: HS384, HS512", async () => {
    const key = await deriveTokenKey(gateway.signingKey);
    for (const alg of ["HS384", "HS512"]) {
      // HS512 needs a longer key. Its first bytes are those of the right key.
      const long = new Uint8Array(64);
      long.set(key);
      await refused(
        await new SignJWT(payloadOf(["c/t"]))
          .setProtectedHeader({ alg, typ: "JWT" }).sign(long),
      );
    }
  });

  it("is refused with a public-key algorithm: RS256, ES256", async () => {
    for (const alg of ["RS256", "ES256"]) {
      const { privateKey } = await generateKeyPair(alg);
      await refused(
        await new SignJWT(payloadOf(["c/t"]))
          .setProtectedHeader({ alg, typ: "JWT" }).sign(privateKey),
      );
    }
  });

  it("is refused with another audience", async () => {
    await refused(await token({ aud: "tidings" }));
    await refused(await token({ aud: "inngest" }));
    await refused(await token({ aud: [] }));
    await refused(await token({ aud: ["tidings.subscribe", "x"] }));
  });

  it("is refused for subscribing when it was made for publishing", async () => {
    const bearer = await token({ aud: "tidings.publish" });
    const { answer } = await handshake(gateway, { token: bearer });
    assertEquals(answer.status, 401);
    const request = { channel: "c", topic: "t", body: "1", bearer };
    assertEquals((await postJson(gateway, request)).status, 200);
  });

  it("publishes as a ticket what its token grants, and nothing else", async () => {
    const request = { channel: "c", topic: "t", body: "1" };
    for (
      const [publish, expected] of [
        [undefined, 403],
        [[{ channel: "c", name: "other" }], 403],
        [[{ channel: "c", name: "t" }], 200],
      ] as const
    ) {
      const bearer = await token({ aud: "tidings.ticket", publish });
      const { status } = await postJson(gateway, { ...request, bearer });
      assertEquals(status, expected);
    }
  });

  it("is refused with another issuer, or none", async () => {
    await refused(await token({ iss: "inngest" }));
    await refused(await token({ iss: undefined }));
  });

  it("is refused with another type", async () => {
    await refused(await token({}, { typ: "at+jwt" }));
  });

  it("is refused when a claim is missing or malformed", async () => {
    for (
      const change of [
        { exp: undefined },
        { iat: undefined },
        { jti: undefined },
        { topics: undefined },
        { topics: [] },
        { topics: "c/t" },
        { topics: [{ channel: "c" }] },
        { topics: [{ channel: 1, name: "t" }] },
        { topics: [{ channel: "", name: "t" }] },
        { topics: [{ channel: "c", name: "a\nb" }] },
        { topics: [null] },
        {
          topics: Array.from(
            { length: 129 },
            () => ({ channel: "c", name: "t" }),
          ),
        },
        { sexp: "tomorrow" },
        { publish: false },
        { publish: "c" },
        { publish: [{ channel: "c" }] },
        { stop: false },
        { stop: [{ channel: "c" }] },
        { sub: 1 },
      ]
    ) await refused(await token(change as JWTPayload));
  });

  it("is refused when it lasts longer than a day", async () => {
    const now = Math.floor(Date.now() / 1000);
    const long = now + 24 * 3600 + 60;
    await refused(await token({ iat: now, exp: long }));
    await refused(await token({ iat: now, sexp: long }));
  });

  it("is refused when its payload is not a JSON object, or nested 10,000 deep", async () => {
    const key = await deriveTokenKey(gateway.signingKey);
    const deep = `{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
    for (const payload of ["no json", "[]", "null", deep]) {
      const bytes = new TextEncoder().encode(payload);
      const jwt = await new CompactSign(bytes)
        .setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(key);
      // The token is too long for a URL.
      await using client = await connectWire(gateway, { v1: true });
      await client.subscribe(jwt, "1");
      assertEquals(await client.error(), { ref: "1", code: "invalid_token" });
    }
  });

  it("is read as if claims such as __proto__ were absent", async () => {
    const claims = JSON.stringify(payloadOf(["c/t"]));
    const payload = `{"__proto__":{"publish":true},${claims.slice(1)}`;
    const jwt = await new CompactSign(new TextEncoder().encode(payload))
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .sign(await deriveTokenKey(gateway.signingKey));
    const { status } = await postJson(gateway, {
      channel: "c",
      topic: "t",
      bearer: jwt,
    });
    assertEquals(status, 403);
    assertEquals(({} as Record<string, unknown>).publish, undefined);
  });

  it("receives the messages of its own topics only", async () => {
    const mine = await tokenFor(gateway, ["user:1/ai"]);
    await using client = await connectWire(gateway, { token: mine });
    for (const topic of ["ai2", "a", "*", "AI"]) {
      await postJson(gateway, { channel: "user:1", topic, body: "1" });
    }
    await postJson(gateway, { channel: "user:2", topic: "ai", body: "2" });
    await postJson(gateway, { channel: "user:1", topic: "ai", body: "3" });
    assertEquals((await client.next()).data, 3);
  });

  it("publishes to its own topics only", async () => {
    const bearer = await token({ publish: [{ channel: "c", name: "t" }] });
    for (
      const [channel, topic] of [
        ["c", "u"],
        ["d", "t"],
        ["c", ["t", "u"]],
      ] as const
    ) {
      const { status, error } = await postJson(gateway, {
        channel,
        topic,
        body: "1",
        bearer,
      });
      assertEquals([status, error?.code], [403, "forbidden"]);
    }
  });

  it("publishes nothing when it doesn't grant publishing", async () => {
    const bearer = await tokenFor(gateway, ["c/t"]);
    const { status, error } = await postJson(gateway, {
      channel: "c",
      topic: "t",
      body: "1",
      bearer,
    });
    assertEquals([status, error?.code], [403, "forbidden"]);
  });
});

describe("A signing key", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  async function publishWith(
    authorization: string,
    to: TestGateway = gateway,
  ): Promise<unknown[]> {
    const { status, error } = await postJson(to, {
      channel: "c",
      topic: "t",
      headers: { authorization },
      bearer: "",
    });
    assertNotMatch(error?.message ?? "", /signkey/);
    return [status, error?.code];
  }

  const refusal = [401, "unauthenticated"];

  it("is accepted raw, hashed, and hashed without its prefix", async () => {
    const hashed = await hashSigningKey(SIGNING_KEY);
    const bare = hashed.slice("signkey-test-".length);
    for (const key of [SIGNING_KEY, hashed, bare]) {
      assertEquals(await publishWith(`Bearer ${key}`), [200, undefined]);
      assertEquals(await publishWith(`bearer  ${key}`), [200, undefined]);
    }
  });

  it("is refused with another length or content", async () => {
    for (
      const key of [
        SIGNING_KEY.slice(0, -1),
        `${SIGNING_KEY}0`,
        SIGNING_KEY.slice("signkey-test-".length),
        SIGNING_KEY.toUpperCase(),
        OTHER_KEY,
        await hashSigningKey(OTHER_KEY),
        "x",
        "x".repeat(8000),
      ]
    ) assertEquals(await publishWith(`Bearer ${key}`), refusal);
  });

  it("is refused in a header of another form", async () => {
    for (
      const header of [
        SIGNING_KEY,
        `Basic ${btoa(`:${SIGNING_KEY}`)}`,
        `Bearer`,
        `Bearer ${SIGNING_KEY} ${SIGNING_KEY}`,
        `Bearer "${SIGNING_KEY}"`,
      ]
    ) assertEquals(await publishWith(header), refusal);
  });

  it("has no hashed form when it is not hexadecimal", async () => {
    const rest = "not-a-hexadecimal-key-of-32-characters";
    const key = `signkey-test-${rest}`;
    await using plain = await startGateway({ signingKey: key });
    const target = { ...plain, signingKey: key };
    const bytes = new TextEncoder().encode(key);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0"))
      .join("");
    assertEquals(await hashSigningKey(key), key);
    assertEquals(await publishWith(`Bearer ${key}`, target), [200, undefined]);
    for (const guess of [hex, `signkey-test-${hex}`, rest]) {
      assertEquals(await publishWith(`Bearer ${guess}`, target), refusal);
    }
  });

  it("is the development key in development mode only", async () => {
    const well = "tidings-development-signing-key-not-a-secret";
    assertEquals(await publishWith(`Bearer ${well}`), refusal);
  });
});
