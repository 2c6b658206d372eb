import { within } from "../../core/time/within.ts";
import type { MessageKind } from "../../core/protocol/frames.ts";
import type { Untyped } from "../../core/types/realtime.ts";

/** A message that a client published with a token. */
export interface InboundMessage {
  /** The channel's name. */
  readonly channel: string;
  /** The topic's name. */
  readonly topic: string;
  /** The kind of the message: `data`, unless the client sets another. */
  readonly kind: MessageKind;
  /** The data as the client sent it. */
  readonly data: Untyped;
  /** The message's id. A retry of the same request has the same id. */
  readonly id: string;
  /** The id of the message that this one replies to. */
  readonly replyTo?: string;
  /** The user of the token. */
  readonly subject?: string;
  /** The token's id. */
  readonly jti: string;
}

/** The app's function that a gateway calls with each message that a client publishes. */
export type OnMessage = (message: InboundMessage) => unknown;

/** Calls the app's function. Clients don't wait for it, and its failures don't reach them. */
export class MessageCallback {
  readonly #onMessage: OnMessage;
  readonly #report: (stage: string, error: unknown) => void;
  readonly #pending = new Set<Promise<void>>();

  constructor(
    onMessage: OnMessage,
    report: (stage: string, error: unknown) => void,
  ) {
    this.#onMessage = onMessage;
    this.#report = report;
  }

  call(message: InboundMessage): void {
    const handling = this.#handle(message);
    this.#pending.add(handling);
    handling.finally(() => this.#pending.delete(handling));
  }

  /** Resolves when the function has handled every message so far, or after some milliseconds. */
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
