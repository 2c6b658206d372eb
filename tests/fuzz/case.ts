/** The kinds of cases, in the order in which they run. */
export const KINDS = ["http", "handshake", "frames", "sse"] as const;

/** A kind of cases. */
export type Kind = typeof KINDS[number];

/** The bytes to send on one connection. All texts have one character for each byte. */
export interface Case {
  readonly kind: Kind;
  /** The bytes of requests; of a WebSocket's frames when there is an `opening`. */
  readonly bytes: string;
  /** The handshake that comes before frames. */
  readonly opening?: string;
  /** The method of each request. */
  readonly methods: readonly string[];
  /** Whether a credential in it is valid. If none is, it may neither read nor write. */
  readonly isAuthorized: boolean;
  /** Whether it follows the protocol, so that the gateway owes it an answer, or at least the end of the connection. */
  readonly isWhole: boolean;
  /** Why the gateway must not accept it as a handshake. */
  readonly fault?: string;
  /** Whether it is written in several pieces. */
  readonly isSplit: boolean;
}
