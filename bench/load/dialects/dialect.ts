/** A step of opening a connection: what is sent, then what has to come. */
export interface Step {
  readonly send: string | Uint8Array;
  /** A text of what the peer answers. */
  readonly until: string;
}

/** What is published. */
export interface Outgoing {
  readonly channel: string;
  readonly payload: string;
}

/** Finds whole answers in what a publisher reads; throws for one that says no. */
export interface AnswerReader {
  /** How many messages were answered for. */
  read(bytes: Uint8Array): number;
}

/** How a peer is talked to by subscribers. */
export interface SubscriberDialect {
  /**
   * Opens a connection that gets a channel's messages.
   *
   * @param since Where it starts, for a peer that keeps a log; now by default.
   */
  open(channel: string, token: string, since?: string): readonly Step[];
  /** What an idle subscriber sends now and then, so that it isn't taken for dead. */
  readonly heartbeat?: Uint8Array;
}

/** How a peer is talked to by publishers. */
export interface PublisherDialect {
  /** Opens a connection, where more is needed than TCP. */
  open(token: string): readonly Step[];
  /** What publishes messages: one, or several at once where the peer can. */
  publish(messages: readonly Outgoing[], token: string): string | Uint8Array;
  answers(): AnswerReader;
}
