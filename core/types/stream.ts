/** The chunks of a data stream, in the order in which they are published. */
export type Streamed<T> = ReadableStream<T> | AsyncIterable<T>;

/**
 * Starts a data stream. The signal aborts when the stream is no longer wanted: a subscriber stopped it, the caller aborted the publish, or
 * the gateway refuses more of it.
 */
export type StreamFunction<T> = (
  signal: AbortSignal,
) => Streamed<T> | Promise<Streamed<T>>;

/** A data stream to publish, or the function that starts it. */
export type StreamSource<T> = Streamed<T> | StreamFunction<T>;

/** Identifies a data stream. Every message of a data stream has these fields. */
export interface StreamPlace {
  /** The channel's name. */
  readonly channel: string;
  /** The topic's name. */
  readonly topic: string;
  /** The stream's id. */
  readonly streamId: string;
}
