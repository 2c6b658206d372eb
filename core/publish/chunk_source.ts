import type { Streamed } from "../types/realtime.ts";

/** Reads what is to be published piece by piece, a stream or any other source. */
export interface ChunkReader {
  /** The next piece. */
  next(): Promise<IteratorResult<unknown, unknown>>;
  /** Lets go of a source that is not read to its end. */
  stop(reason: unknown): void;
}

/** Begins to read a source. */
export function readChunks(source: Streamed<unknown>): ChunkReader {
  if ("getReader" in source) {
    const reader = source.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<unknown, unknown>>,
      stop: (reason) => ignore(reader.cancel(reason)),
    };
  }
  const iterator = source[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    stop: () => ignore(iterator.return?.()),
  };
}

/** A source that fails while it is let go of fails for nobody: why it was let go of is reported already. */
function ignore(stopped: Promise<unknown> | undefined): void {
  stopped?.then(undefined, () => undefined);
}
