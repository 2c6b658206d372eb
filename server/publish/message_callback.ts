import { within } from "../../core/time/within.ts";
import type { MessageKind } from "../../core/protocol/frames.ts";
import type { Untyped } from "../../core/types/realtime.ts";

/** A message that a client published with a token. */
export interface InboundMessage {
  /** The channel's name. */
  readonly channel: string;
  /** The topic's name. */
  readonly topic: string;
  /** What sort of message it is: `data`, unless the client said otherwise. */
  readonly kind: MessageKind;
  /** What was published, as it was sent. */
  readonly data: Untyped;
  /** The message's id. A client that repeats a request gets the same one. */
  readonly id: string;
  /** Of an answer: the id of the question. */
  readonly replyTo?: string;
  /** The user that the token names. */
  readonly sub?: string;
  /** The token's id. */
  readonly jti: string;
}

/** What a gateway calls with the messages that clients publish. */
export type OnMessage = (message: InboundMessage) => unknown;

/** Hands clients' messages to the app's own function, which neither delays nor fails the clients. */
export class Inbox {
  readonly #onMessage: OnMessage;
  readonly #report: (stage: string, error: unknown) => void;
  readonly #pending = new Set<Promise<void>>();

  /** @param report Called with what the app's function fails with. */
  constructor(
    onMessage: OnMessage,
    report: (stage: string, error: unknown) => void,
  ) {
    this.#onMessage = onMessage;
    this.#report = report;
  }

  /** Calls the function. */
  take(message: InboundMessage): void {
    const handling = this.#handle(message);
    this.#pending.add(handling);
    handling.finally(() => this.#pending.delete(handling));
  }

  /** Resolves when the function is done with all that it was called with, at the latest after so many milliseconds. */
  async settled(ms: number): Promise<void> {
    await within(ms, Promise.all(this.#pending));
  }

  /** Never rejects. */
  async #handle(message: InboundMessage): Promise<void> {
    try {
      await this.#onMessage(message);
    } catch (error) {
      this.#report("onMessage", error);
    }
  }
}
