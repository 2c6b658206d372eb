import { createHash, hkdfSync } from "node:crypto";
import { Buffer } from "node:buffer";
import { assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  deriveTokenKey,
  DEVELOPMENT_SIGNING_KEY,
  hashSigningKey,
  MIN_SIGNING_KEY_LENGTH,
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

  it("gives the hash that the SDKs' own tests have", async () => {
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

describe("deriveTokenKey()", () => {
  it("is HKDF-SHA-256 as the protocol has it", async () => {
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

  it("gives each key another", async () => {
    assertNotEquals(await deriveTokenKey("a"), await deriveTokenKey("b"));
  });
});

describe("the development key", () => {
  it("is long enough for a signing key", () => {
    assertEquals(
      DEVELOPMENT_SIGNING_KEY,
      "tidings-development-signing-key-not-a-secret",
    );
    assertEquals(
      DEVELOPMENT_SIGNING_KEY.length >= MIN_SIGNING_KEY_LENGTH,
      true,
    );
  });
});
