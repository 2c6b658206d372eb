import { deriveTokenKey } from "./signing_key.ts";
import {
  createClaims,
  type MintOptions,
  TOKEN_HEADER,
  toPayload,
} from "./token.ts";

/** The imported token keys by their signing keys: jose would import the bytes again for every token. */
const keys = new Map<string, Promise<CryptoKey>>();

/** The library, which is loaded once: on Deno, a thousand loads at once take two seconds. */
let jose: Promise<typeof import("jose")> | undefined;

/**
 * Mints a token in an app, without a request to the gateway. Apps run where only WebCrypto exists, so jose signs here; the gateway signs
 * and verifies with its runtime's own HMAC, which is faster.
 *
 * @param signingKey The signing key that the gateway has too.
 * @throws {RealtimeError} `invalid_name` for a name that no channel or topic can have, `invalid_argument` for a lifetime or a number of topics
 * that is not allowed.
 */
export async function mintToken(
  signingKey: string,
  options: MintOptions,
): Promise<string> {
  // A page that loads the modules without a bundler mints nothing, and loads no jose.
  const { SignJWT } = await (jose ??= import("jose"));
  const key = keys.get(signingKey) ?? importTokenKey(signingKey);
  keys.set(signingKey, key);
  return new SignJWT({ ...toPayload(createClaims(options)) })
    .setProtectedHeader(TOKEN_HEADER)
    .sign(await key);
}

async function importTokenKey(signingKey: string): Promise<CryptoKey> {
  const bytes = new Uint8Array(await deriveTokenKey(signingKey));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return await crypto.subtle.importKey("raw", bytes, algorithm, false, [
    "sign",
  ]);
}
