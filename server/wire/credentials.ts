import { AUTH_PROTOCOL, PROTOCOL } from "../../core/protocol/frames.ts";

/** Prefix of the WebSocket subprotocol that carries a token to subscribe with; the token follows it. */
export const BEARER_PROTOCOL = "tidings.bearer.";

/** The subprotocols that a client offers in its handshake. */
export interface Offer {
  /** Whether the client speaks `tidings.v1`. */
  readonly v1: boolean;
  /** The token to subscribe with, if a subprotocol carries it. */
  readonly token?: string;
  /** The token that only authenticates the handshake, if a subprotocol carries it. */
  readonly auth?: string;
  /** The subprotocol that the gateway selects: browsers fail a connection if none of their offers is selected. */
  readonly answer?: string;
}

/** Returns the subprotocols that a `Sec-WebSocket-Protocol` header lists, which may be malformed. */
export function offeredNames(header: string): string[] {
  return header.split(",").map((name) => name.trim());
}

/** Reads a `Sec-WebSocket-Protocol` header. */
export function readOffer(header: string | undefined): Offer {
  const names = offeredNames(header ?? "");
  const bearer = names.find((name) => name.startsWith(BEARER_PROTOCOL));
  const auth = names.find((name) => name.startsWith(AUTH_PROTOCOL));
  const v1 = names.includes(PROTOCOL);
  return {
    v1,
    token: bearer?.slice(BEARER_PROTOCOL.length),
    auth: auth?.slice(AUTH_PROTOCOL.length),
    answer: v1 ? PROTOCOL : bearer,
  };
}

/**
 * Returns the credential of an `Authorization: Bearer …` header. It is the whole rest of the header, so that a credential with anything
 * behind it is not taken for the credential itself.
 */
export function readBearer(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
}
