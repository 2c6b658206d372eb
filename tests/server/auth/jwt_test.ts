import { Buffer } from "node:buffer";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { errors, jwtVerify } from "jose";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { deriveTokenKey } from "../../../core/protocol/signing_key.ts";
import { HmacKey } from "../../../server/auth/hmac_key.ts";
import { signJwt, verifyJwt } from "../../../server/auth/jwt.ts";
import { Tokens } from "../../../server/auth/tokens.ts";
import { SIGNING_KEY } from "../../support/gateway/gateway.ts";

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** RFC 7515, appendix A.1: the token and its key. */
const RFC_7515 = {
  token: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." +
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ." +
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
  key: new HmacKey(
    Buffer.from(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
      "base64url",
    ),
  ),
};

describe("verifyJwt()", () => {
  it("verifies the token of RFC 7515, appendix A.1", () => {
    assertEquals(verifyJwt(RFC_7515.token, [RFC_7515.key]), {
      iss: "joe",
      exp: 1300819380,
      "http://example.com/is_root": true,
    });
    assertEquals(
      RFC_7515.key.sign(
        RFC_7515.token.slice(0, RFC_7515.token.lastIndexOf(".")),
      ),
      RFC_7515.token.split(".")[2],
    );
  });

  it("returns the payload that signJwt() signed, with any of the keys", () => {
    const one = new HmacKey(hex("00".repeat(32)));
    const two = new HmacKey(hex("11".repeat(32)));
    const payload = { text: "ä\u2028🔑", list: [1, null] };
    assertEquals(verifyJwt(signJwt(payload, one), [two, one]), payload);
  });

  it("says what is wrong, and repeats no part of the token", () => {
    const key = new HmacKey(hex("00".repeat(32)));
    const [, payload = "", signature = ""] = signJwt({ a: 1 }, key).split(".");
    const header = (value: object): string =>
      `${base64url(value)}.${payload}.${signature}`;
    const list = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url([1])}`;
    for (
      const [token, problem] of [
        ["", "it is not a JWT"],
        ["a.b", "it is not a JWT"],
        ["%.b.c", "it is not a JWT"],
        [`${list}.${key.sign(list)}`, "it is not a JWT"],
        [header({ alg: "none", typ: "JWT" }), "its algorithm is not HS256"],
        [header({ alg: "HS256", typ: "at+jwt" }), "its type is not JWT"],
        [header({ alg: "HS256" }), "its type is not JWT"],
        [
          header({ alg: "HS256", typ: "JWT", crit: ["b64"], b64: false }),
          "its header needs an extension that is not supported",
        ],
        [header({ typ: "JWT", alg: "HS256" }), "its signature is wrong"],
      ] as const
    ) {
      assertThrows(
        () => verifyJwt(token, [key]),
        RealtimeError,
        `Cannot use the token: ${problem}`,
      );
    }
  });
});

/** A token that differs in any number of ways from a good one. */
interface Variation {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  readonly isSigned: boolean;
  /** Changes the text after it was signed, or before. */
  readonly edit: {
    readonly when: "before signing" | "after signing" | "never";
    readonly part: number;
    readonly kind: "insert" | "replace" | "delete" | "pad";
    readonly at: number;
    readonly char: string;
  };
}

const now = Math.floor(Date.now() / 1000);

/** Chooses the value of a good token most of the time, else another one; `undefined` leaves the member out. */
function mostly(good: unknown, ...bad: unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );
}

const variations: fc.Arbitrary<Variation> = fc.record({
  header: fc.record({
    alg: mostly("HS256", "none", "hs256", "HS512", "RS256", "", 1, undefined),
    typ: mostly("JWT", "jwt", "application/JWT", "at+jwt", "", 1, undefined),
    crit: mostly(undefined, ["b64"], ["exp"], [], "b64"),
    b64: mostly(undefined, true, false),
    kid: mostly(undefined, "1"),
  }),
  claims: fc.record({
    iss: mostly("tidings", "inngest", ["tidings"], undefined),
    aud: mostly(
      "tidings.subscribe",
      "tidings.publish",
      "tidings",
      ["tidings.subscribe"],
      [],
      undefined,
    ),
    exp: mostly(now + 600, now - 1, now - 600, `${now}`, null, undefined),
    iat: mostly(now, `${now}`, null, undefined),
    nbf: mostly(undefined, now - 1, now + 600, "0", null),
    jti: mostly("j1", 1, undefined),
    sub: mostly(undefined, "u"),
    topics: fc.constant([{ channel: "c", name: "t", kind: "run" }]),
  }),
  isSigned: fc.oneof(
    { weight: 9, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  edit: fc.record({
    when: fc.oneof(
      { weight: 3, arbitrary: fc.constant("never" as const) },
      {
        weight: 1,
        arbitrary: fc.constantFrom("before signing", "after signing"),
      },
    ),
    part: fc.nat(2),
    kind: fc.constantFrom("insert", "replace", "delete", "pad"),
    at: fc.nat(300),
    char: fc.constantFrom(" ", "\n", "=", ".", "+", "/", "%", "A", "é", "\0"),
  }),
});

function edited(
  parts: string[],
  { part, kind, at, char }: Variation["edit"],
): string[] {
  const text = parts[part];
  if (text === undefined) return parts;
  const index = text.length === 0 ? 0 : at % text.length;
  const rest = text.slice(kind === "insert" ? index : index + 1);
  const middle = kind === "delete" ? "" : char;
  return parts.with(
    part,
    kind === "pad" ? `${text}=` : text.slice(0, index) + middle + rest,
  );
}

function write(variation: Variation, key: HmacKey): string {
  const { header, claims, isSigned, edit } = variation;
  let signed = [base64url(header), base64url(claims)];
  if (edit.when === "before signing") signed = edited(signed, edit);
  const signature = isSigned ? key.sign(signed.join(".")) : "";
  const parts = [...signed, signature];
  return (edit.when === "after signing" ? edited(parts, edit) : parts)
    .join(".");
}

/** Tells whether the gateway is stricter than jose about such a token. */
function isRefusedOnPurpose(
  { header, claims, edit }: Variation,
  token: string,
): boolean {
  return (
    // The edit of a payload may hit topics, which mean nothing to jose.
    (edit.when === "before signing" && edit.part === 1) ||
    // A token has exactly one use.
    Array.isArray(claims.aud) ||
    // An id is a string, as RFC 7519 says.
    typeof claims.jti !== "string" ||
    // No extension of the header is supported, not even one that changes nothing.
    header.crit !== undefined ||
    // Only canonical base64url is accepted: no whitespace, no padding, no bits that don't count.
    token.split(".").some((part) =>
      Buffer.from(part, "base64url").toString("base64url") !== part
    )
  );
}

describe("a token, changed at random", () => {
  it("is accepted and refused as by jose, or refused on purpose", async () => {
    const tokens = new Tokens([SIGNING_KEY]);
    const key = await deriveTokenKey(SIGNING_KEY);
    const hmac = new HmacKey(key);
    const counts = { accepted: 0, refused: 0, expired: 0 };
    type Verdict = keyof typeof counts;

    function ofJose(token: string): Promise<Verdict> {
      return jwtVerify(token, key, {
        issuer: "tidings",
        audience: "tidings.subscribe",
        requiredClaims: ["exp", "iat", "jti"],
        algorithms: ["HS256"],
        typ: "JWT",
      }).then(
        () => "accepted",
        (error) => error instanceof errors.JWTExpired ? "expired" : "refused",
      );
    }

    function ofGateway(token: string): Promise<Verdict> {
      return tokens.verify(token, ["subscribe"]).then(
        () => "accepted",
        (error) => error.code === "token_expired" ? "expired" : "refused",
      );
    }

    await fc.assert(
      fc.asyncProperty(variations, async (variation) => {
        const token = write(variation, hmac);
        const [wanted, verdict] = await Promise.all([
          ofJose(token),
          ofGateway(token),
        ]);
        counts[verdict]++;
        if (verdict === "refused" && isRefusedOnPurpose(variation, token)) {
          return;
        }
        assertEquals(verdict, wanted, token);
      }),
      { numRuns: 3000 },
    );
    // Without this, a generator of bad tokens alone would prove nothing.
    assert(
      Object.values(counts).every((count) => count > 20),
      JSON.stringify(counts),
    );
  });
});
