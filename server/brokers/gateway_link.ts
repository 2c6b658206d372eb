import type { MaybePromise } from "../../core/types/realtime.ts";

/** A gateway, as the others of its broker see it. */
export interface LinkedGateway {
  /** Its id, which no other gateway has. */
  readonly id: string;
  /** Returns what the others get to know about it even when it no longer answers: a short text. */
  card(): string;
  /** Answers a question of another gateway, or returns `undefined` for one that it doesn't understand. It MUST NOT throw or reject. */
  answer(question: string, from: string): MaybePromise<string | undefined>;
  /** Takes what another gateway told. It MUST NOT throw. */
  hear(text: string, from: string): void;
}

/** The answer of another gateway. */
export interface LinkedAnswer {
  /** The id of the gateway. */
  readonly id: string;
  /** Its last description of itself. */
  readonly card: string;
  /** Its answer; absent where none came in time. */
  readonly text?: string | undefined;
}

/**
 * How the gateways of a broker ask each other. It is for operators: nothing that clients get depends on it, and what it carries may be lost.
 * The texts that it brings may be malformed, because others may write to the same place.
 */
export interface GatewayLink {
  /** Makes a gateway known to the others, until the broker closes or half a minute after its process ended. Called once, first of all. */
  join(gateway: LinkedGateway): void;
  /**
   * Asks every other gateway, or those with some ids. It MUST resolve within a second, with an entry for each gateway that is known, whether
   * it answered or not, and MUST NOT reject: where the broker can't be used, there are no entries.
   */
  ask(
    question: string,
    gateways?: readonly string[],
  ): Promise<readonly LinkedAnswer[]>;
  /** Tells one gateway something, and returns `false` if it is too long for that. It MUST NOT throw. */
  tell(gateway: string, text: string): boolean;
}
