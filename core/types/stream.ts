/** A data stream to be published: its pieces, as they come. */
export type Streamed<T> = ReadableStream<T> | AsyncIterable<T>;

/**
 * Begins a data stream. The signal aborts when nobody wants more of it: a reader stopped it, it was aborted, or the gateway doesn't take
 * it any more.
 */
export type StreamFunction<T> = (
  signal: AbortSignal,
) => Streamed<T> | Promise<Streamed<T>>;

/** A data stream to be published, or what begins it. */
export type StreamSource<T> = Streamed<T> | StreamFunction<T>;
