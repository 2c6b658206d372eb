import { type JWTPayload, SignJWT } from "jose";
import { deriveTokenKey } from "../../../core/protocol/signing_key.ts";
import type { TokenClaims, TokenUse } from "../../../core/protocol/token.ts";
import { Tokens } from "../../../server/auth/tokens.ts";
import { claims, type Target } from "./websocket.ts";

/** Returns the claims of a valid token for topics written as `channel/topic`; a test changes some of them. */
export function payloadOf(topics: readonly string[]): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: "tidings",
    aud: "tidings.subscribe",
    iat: now,
    exp: now + 60,
    sexp: now + 3600,
    jti: crypto.randomUUID(),
    topics: claims(topics).map((topic) => ({ ...topic, kind: "run" })),
  };
}

/** Signs any payload with the gateway's key. */
export async function sign(
  { signingKey }: Pick<Target, "signingKey">,
  payload: JWTPayload,
  header: { alg?: string; typ?: string } = {},
): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: "HS256", typ: "JWT", ...header })
    .sign(await deriveTokenKey(signingKey));
}

/** Verifies a token as the gateway does. */
export function verifyToken(
  [current = "", ...previous]: readonly string[],
  jwt: string,
  uses: readonly TokenUse[],
): Promise<TokenClaims> {
  return new Tokens([current, ...previous]).verify(jwt, uses);
}

/** Mints a token whose session ends after some milliseconds: claims are in seconds, but need not be whole. */
export function tokenEnding(
  target: Target,
  topics: readonly string[],
  ms: number,
): Promise<string> {
  const sexp = (Date.now() + ms) / 1000;
  return sign(target, { ...payloadOf(topics), sexp });
}
