import { createHash, hkdfSync } from "node:crypto";
import { Buffer } from "node:buffer";
import { assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  deriveTokenKey,
  DEVELOPMENT_SIGNING_KEY,
  hashSigningKey,
  hkdfSha256,
  signingKeyProblem,
} from "../../../core/protocol/signing_key.ts";

function sha256(hex: string): string {
  return createHash("sha256").update(Buffer.from(hex, "hex")).digest("hex");
}

describe("hashSigningKey()", () => {
  it("hashes the hex-decoded rest and keeps the prefix, as Inngest's SDKs do", async () => {
    const hex = "0123456789abcdef".repeat(4);
    for (const env of ["test", "prod", "branch"]) {
      assertEquals(
        await hashSigningKey(`signkey-${env}-${hex}`),
        `signkey-${env}-${sha256(hex)}`,
      );
    }
    assertEquals(await hashSigningKey(hex), sha256(hex));
    assertEquals(
      await hashSigningKey(`signkey-test-${hex.toUpperCase()}`),
      `signkey-test-${sha256(hex)}`,
    );
  });

  it("returns the hash that the SDKs' own tests expect", async () => {
    assertEquals(
      await hashSigningKey("signkey-test-12345678"),
      "signkey-test-b2ed992186a5cb19f6668aade821f502c1d00970dfd0e35128d51bac4649916c",
    );
  });

  it("returns a key of another form as it is", async () => {
    for (
      const key of [
        "",
        "not hexadecimal at all, but long enough",
        "signkey-test-0123456789abcde",
        "signkey-test-",
        "signkey-a-b-0123",
        "x-0123456789abcdef",
        DEVELOPMENT_SIGNING_KEY,
      ]
    ) assertEquals(await hashSigningKey(key), key);
  });
});

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** Writes the bytes from one value up to another, without the latter, as hex. */
function range(from: number, to: number): string {
  return Array.from(
    { length: to - from },
    (_, i) => (from + i).toString(16).padStart(2, "0"),
  ).join("");
}

describe("hkdfSha256()", () => {
  it("returns the key material of RFC 5869, appendix A.1 to A.3", async () => {
    const cases = [
      {
        secret: "0b".repeat(22),
        salt: range(0, 13),
        info: range(0xf0, 0xfa),
        output:
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
      },
      {
        secret: range(0, 0x50),
        salt: range(0x60, 0xb0),
        info: range(0xb0, 0x100),
        output:
          "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
      },
      {
        secret: "0b".repeat(22),
        salt: "",
        info: "",
        output:
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
      },
    ];
    for (const { secret, salt, info, output } of cases) {
      const made = await hkdfSha256(
        bytes(secret),
        bytes(salt),
        bytes(info),
        output.length / 2,
      );
      assertEquals(Buffer.from(made).toString("hex"), output);
    }
  });
});

describe("deriveTokenKey()", () => {
  it("derives the key as the protocol says: HKDF-SHA-256 without a salt", async () => {
    for (const key of ["signkey-test-00ff", "Schlüssel 🔑", "x"]) {
      const wanted = hkdfSync(
        "sha256",
        key,
        "",
        "tidings.realtime/token/v1",
        32,
      );
      assertEquals(
        Buffer.from(await deriveTokenKey(key)).toString("hex"),
        Buffer.from(wanted).toString("hex"),
      );
    }
  });

  it("derives different keys from different signing keys", async () => {
    assertNotEquals(await deriveTokenKey("a"), await deriveTokenKey("b"));
  });
});

describe("the development key", () => {
  it("is long enough to be a signing key", () => {
    assertEquals(
      DEVELOPMENT_SIGNING_KEY,
      "tidings-development-signing-key-not-a-secret",
    );
    assertEquals(signingKeyProblem(DEVELOPMENT_SIGNING_KEY), undefined);
  });
});
