import { PROTOCOL } from "../../core/protocol/frames.ts";

/** The WebSocket subprotocol that carries a token ends in it. */
export const BEARER_PROTOCOL = "tidings.bearer.";

/** What a handshake's subprotocols say. */
export interface Offer {
  /** Whether the client knows more than Inngest's wire. */
  readonly v1: boolean;
  /** The token, if it came this way. */
  readonly token?: string;
  /** The subprotocol to answer with: browsers fail a connection whose offers are all ignored. */
  readonly answer?: string;
}

/** Reads a `Sec-WebSocket-Protocol` header. */
export function readOffer(header: string | undefined): Offer {
  const names = (header ?? "").split(",").map((name) => name.trim());
  const bearer = names.find((name) => name.startsWith(BEARER_PROTOCOL));
  const v1 = names.includes(PROTOCOL);
  const answer = v1 ? PROTOCOL : bearer;
  return {
    v1,
    ...(bearer === undefined
      ? {}
      : { token: bearer.slice(BEARER_PROTOCOL.length) }),
    ...(answer === undefined ? {} : { answer }),
  };
}

/** The credential of an `Authorization: Bearer …` header. */
export function readBearer(header: string | undefined): string | undefined {
  const match = /^Bearer +([^\s]+) *$/i.exec(header ?? "");
  return match?.[1];
}
