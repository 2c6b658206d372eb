import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";

/** The header of every token that this package makes. */
const HEADER = encodeJson({ alg: "HS256", typ: "JWT" });

/** JSON as a part of a token. */
export function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function signatureOf(signed: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(signed).digest("base64url");
}

/** Signs a token at once. */
export function signToken(payload: object, key: Uint8Array): string {
  const signed = `${HEADER}.${encodeJson(payload)}`;
  return `${signed}.${signatureOf(signed, key)}`;
}

/** The payload, still encoded, of a token that one of the keys signed and that has the very header that this package writes. */
export function signedPayload(
  token: string,
  keys: readonly Uint8Array[],
): string | undefined {
  const [header, payload, signature, ...more] = token.split(".", 4);
  if (
    header !== HEADER || payload === undefined || signature === undefined ||
    more.length > 0
  ) return undefined;
  const given = Buffer.from(signature);
  const isSigned = keys.some((key) => {
    const made = Buffer.from(signatureOf(`${header}.${payload}`, key));
    return made.length === given.length && timingSafeEqual(made, given);
  });
  return isSigned ? payload : undefined;
}
