import { hexDigest } from "./digest.ts";

/**
 * The signing key of development mode. It is public, so that an app on the same machine needs no configuration; a gateway accepts it on
 * loopback only.
 */
export const DEVELOPMENT_SIGNING_KEY =
  "tidings-development-signing-key-not-a-secret";

/** Minimum length of a signing key's secret part in characters: the bytes that HMAC-SHA-256 returns. */
export const MIN_SECRET_LENGTH = 32;

/** Returns why a gateway can't have this signing key, `undefined` for one that it can. The key itself is in no reason. */
export function signingKeyProblem(key: string): string | undefined {
  // Anyone can guess the rest.
  const { length } = key.replace(/^signkey-\w+-/, "");
  return length < MIN_SECRET_LENGTH
    ? `its secret part has ${length} characters, at least ${MIN_SECRET_LENGTH} are needed`
    : headerProblem(key);
}

/** Returns why a key can't be sent, `undefined` for one that can. `fetch` would quote it in an error. */
export function headerProblem(key: string): string | undefined {
  return /^[!-~]+$/.test(key)
    ? undefined
    : "it travels in a header, so it may have only visible characters of ASCII";
}

const encoder = new TextEncoder();

/**
 * Hashes a signing key as Inngest's SDKs do before they send it: `signkey-<env>-` and the hex SHA-256 of the hex-decoded rest.
 *
 * @param key The signing key; a key of another form is returned as it is.
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

/** Derives the key that signs tokens, 32 bytes, from the signing key: a token key that leaks can't publish. */
export function deriveTokenKey(signingKey: string): Promise<Uint8Array> {
  return hkdfSha256(
    encoder.encode(signingKey),
    new Uint8Array(),
    encoder.encode("tidings.realtime/token/v1"),
    32,
  );
}

/** Derives key material with HKDF-SHA-256 (RFC 5869). */
export async function hkdfSha256(
  secret: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  bytes: number,
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, [
    "deriveBits",
  ]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt, info };
  const bits = await crypto.subtle.deriveBits(algorithm, key, 8 * bytes);
  return new Uint8Array(bits);
}
