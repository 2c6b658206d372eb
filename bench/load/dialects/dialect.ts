/** A step of opening a connection: bytes to send, and an answer to await. */
export interface Step {
  readonly send: string | Uint8Array;
  /** A text that the answer must contain. */
  readonly until: string;
}

/** A message to publish. */
export interface Outgoing {
  readonly channel: string;
  readonly payload: string;
}

/** Finds complete answers in the bytes that a publisher reads. */
export interface AnswerReader {
  /**
   * Returns how many messages were acknowledged.
   *
   * @throws {Error} When one was refused.
   */
  read(bytes: Uint8Array): number;
}

/** The protocol of a server's subscribers. */
export interface SubscriberDialect {
  /**
   * Returns the steps that subscribe to a channel.
   *
   * @param since The position to start at, for a server that keeps a log.
   */
  open(channel: string, token: string, since?: string): readonly Step[];
  /** The heartbeat of an idle subscriber. */
  readonly heartbeat?: Uint8Array;
}

/** The protocol of a server's publishers. */
export interface PublisherDialect {
  /** Returns the steps of opening a connection, after TCP's own. */
  open(token: string): readonly Step[];
  /** Returns the bytes that publish messages: one message, or several where the server supports batches. */
  publish(messages: readonly Outgoing[], token: string): string | Uint8Array;
  /**
   * Returns a reader for the answers of a connection.
   *
   * @param perRequest How many messages each request publishes.
   */
  answers(perRequest: number): AnswerReader;
}
