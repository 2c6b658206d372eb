import { hexDigest } from "./digest.ts";

/**
 * The key of a gateway in development mode: well known, so that an app on the same machine needs no configuration.
 * A gateway takes it on loopback only.
 */
export const DEVELOPMENT_SIGNING_KEY =
  "tidings-development-signing-key-not-a-secret";

/** The fewest characters that a signing key may have: HMAC's own output length. */
export const MIN_SIGNING_KEY_LENGTH = 32;

const encoder = new TextEncoder();

/**
 * The form in which Inngest's SDKs send a signing key: `signkey-<env>-` and the hex SHA-256 of the hex-decoded rest.
 *
 * @param key The signing key; one of another form is returned as it is.
 */
export async function hashSigningKey(key: string): Promise<string> {
  const match = /^(signkey-\w+-)?([0-9a-f]+)$/i.exec(key);
  if (!match || match[2] === undefined || match[2].length % 2 !== 0) return key;
  const bytes = new Uint8Array(match[2].length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = parseInt(match[2].slice(2 * i, 2 * i + 2), 16);
  }
  return (match[1] ?? "") + await hexDigest(bytes);
}

/** The key that signs tokens: 32 bytes derived from the signing key, so that a leaked token key publishes nothing. */
export async function deriveTokenKey(signingKey: string): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(signingKey),
    "HKDF",
    false,
    ["deriveBits"],
  );
  const bits = await crypto.subtle.deriveBits(
    {
      name: "HKDF",
      hash: "SHA-256",
      salt: new Uint8Array(),
      info: encoder.encode("tidings.realtime/token/v1"),
    },
    key,
    256,
  );
  return new Uint8Array(bits);
}
