import { Buffer } from "node:buffer";
import {
  invalidToken,
  TOKEN_HEADER,
  type TokenPayload,
} from "../../core/protocol/token.ts";
import type { HmacKey } from "./hmac_key.ts";
import { isSameText } from "./same_text.ts";

const HEADER = encodeJson(TOKEN_HEADER);

/** Maximum length of a token: as long as a frame that brings one. It is checked before any work is done. */
const MAX_LENGTH = 64 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Signs a JWT with HS256. */
export function signJwt(payload: TokenPayload, key: HmacKey): string {
  const signed = `${HEADER}.${encodeJson(payload)}`;
  return `${signed}.${key.sign(signed)}`;
}

/**
 * Verifies the header and the signature of a JWT. The signature is compared as text, so that only its canonical base64url is accepted.
 *
 * @param keys The keys of which one must have signed it.
 * @returns The payload, whose claims are not checked yet.
 * @throws {RealtimeError} `invalid_token`.
 */
export function verifyJwt(
  token: string,
  keys: readonly HmacKey[],
): TokenPayload {
  if (token.length > MAX_LENGTH) throw invalidToken("it is too long");
  const [header, payload, signature, ...more] = token.split(".", 4);
  if (!header || !payload || signature === undefined || more.length > 0) {
    throw invalidToken("it is not a JWT");
  }
  if (header !== HEADER) checkHeader(decodeJson(header));
  const signed = `${header}.${payload}`;
  const isSigned = keys.some((key) => isSameText(signature, key.sign(signed)));
  if (!isSigned) {
    throw invalidToken(
      "its signature is wrong; app and gateway may have different REALTIME_SIGNING_KEYs",
    );
  }
  return decodeJson(payload);
}

/** Returns the payload of a token without any check: nothing in it is certain. It is empty where the token is malformed. */
export function uncheckedPayload(token: string): TokenPayload {
  if (token.length > MAX_LENGTH) return {};
  try {
    return decodeJson(token.split(".", 3)[1] ?? "");
  } catch {
    return {};
  }
}

/** Checks a header that other software wrote. */
function checkHeader({ alg, typ, crit }: TokenPayload): void {
  if (alg !== TOKEN_HEADER.alg) {
    throw invalidToken(`its algorithm is not ${TOKEN_HEADER.alg}`);
  }
  if (typeof typ !== "string" || !/^(application\/)?jwt$/i.test(typ)) {
    throw invalidToken(`its type is not ${TOKEN_HEADER.typ}`);
  }
  if (crit !== undefined) {
    throw invalidToken("its header needs an extension that is not supported");
  }
}

function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Decodes a JSON object that is a part of a JWT. */
function decodeJson(part: string): TokenPayload {
  const bytes = Buffer.from(part, "base64url");
  try {
    // Node's decoder skips characters that are not base64url.
    if (bytes.toString("base64url") !== part) throw new SyntaxError();
    const value: unknown = JSON.parse(utf8.decode(bytes));
    if (isObject(value)) return value;
  } catch {
    // The error below covers every way in which the part can be malformed.
  }
  throw invalidToken("it is not a JWT");
}

function isObject(value: unknown): value is TokenPayload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
