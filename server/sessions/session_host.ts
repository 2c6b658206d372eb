import type { TokenClaims } from "../../core/protocol/token.ts";
import type { Hub } from "../fan_out/hub.ts";
import type { SendQueueLimits } from "./send_queue.ts";
import type { Session } from "./session.ts";

/** What a session needs of its gateway. */
export interface SessionHost {
  readonly hub: Hub;
  readonly sendQueue: SendQueueLimits;
  readonly pingIntervalMs: number;
  /** Milliseconds that a ping may stay unanswered beyond the interval. */
  readonly pongTimeoutMs: number;
  readonly subscriptions: number;
  /** Milliseconds that a connection may be without a valid token. */
  readonly tokenDeadlineMs: number;
  /** Makes a ticket from a token's claims. */
  ticket(claims: TokenClaims): Promise<string>;
  /** A failure that no request waits for. */
  report(stage: string, error: unknown): void;
  /** The session ended. */
  ended(session: Session): void;
}
