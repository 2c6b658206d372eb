import type { RealtimeError } from "../../core/protocol/errors.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";
import { escapeControls } from "../../core/protocol/escape_controls.ts";
import { ownText } from "../wire/own_text.ts";
import type { Refused } from "./gateway_event.ts";

/** The fields of a refusal that only the place knows where it happens. */
export type RefusalFacts = Pick<
  Refused,
  "subject" | "jti" | "channel" | "claimed_subject" | "claimed_jti"
>;

/** The most characters of a text that anyone may have written, and of a reason, which may quote one. */
const MAX_LENGTH = 255;
const MAX_REASON = 500;

const known = new WeakMap<object, RefusalFacts>();

/** Notes facts about an error, beside those that are noted already, and returns it. Clients get none of them. */
export function withFacts<E>(error: E, facts: RefusalFacts): E {
  if (typeof error === "object" && error !== null) {
    known.set(error, { ...facts, ...known.get(error) });
  }
  return error;
}

/** Returns the sentence of an error on one line, without the end of a very long one. */
export function reasonOf({ message }: RealtimeError): string {
  return ownText(escapeControls(message.slice(0, MAX_REASON)));
}

/** Returns the facts that are noted about an error. */
export function factsOf(error: RealtimeError): RefusalFacts {
  return known.get(error) ?? {};
}

/** Returns the facts about a token whose signature is right. */
export function tokenFacts(
  { sub, jti }: Pick<TokenClaims, "sub" | "jti">,
): RefusalFacts {
  return sub === undefined ? { jti } : { subject: sub, jti };
}

/** Returns the facts about the payload of a token, which is not checked. */
export function payloadFacts(
  { sub, jti }: { readonly sub?: unknown; readonly jti?: unknown },
  isSigned: boolean,
): RefusalFacts {
  const subject = textOf(sub);
  const id = textOf(jti);
  return isSigned ? { ...subject && { subject }, ...id && { jti: id } } : {
    ...subject && { claimed_subject: subject },
    ...id && { claimed_jti: id },
  };
}

/** Returns the beginning of a text that may be of any length and type. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string"
    ? ownText(value.slice(0, MAX_LENGTH))
    : undefined;
}
