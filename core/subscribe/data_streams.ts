import { errorOf } from "../protocol/error_body.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import { isJsonObject } from "../protocol/shape.ts";
import {
  type BoundedStream,
  createBoundedStream,
  slowConsumer,
} from "./bounded_stream.ts";
import type { IncomingMessage } from "./decode_message.ts";

/** The most streams that may be open, because their ends may never come. By default a gateway has 1,000 in a channel. */
const MAX_OPEN = 10_000;

/** A place in a data stream. What comes next hangs on it, so that unread chunks are kept by the messages that the app keeps, and by nothing else. */
interface Place {
  /** The next chunk, and the place after it. */
  next?: Chunk & { readonly end: Place };
}

/** A chunk, and its size in the unit of the messages' sizes. */
interface Chunk {
  readonly data: unknown;
  readonly size: number;
}

/** A data stream that has begun. */
interface Begun {
  /** Where the next chunk comes. */
  last: Place;
  /** The size of the chunks that came before the app asked for the stream. */
  size: number;
  /** The stream, once the app has asked for it. */
  asked?: BoundedStream<unknown>;
  /** How the stream has ended. */
  end?: { error?: Error | undefined };
}

/** The data streams of a reader. */
export interface DataStreams {
  /**
   * Starts the data stream of a message, adds a chunk to it, or ends it. Returns a copy of the message with the data; if it belongs to a data
   * stream, that begins with the message of which the app asks first.
   */
  add(
    message: IncomingMessage,
    data: unknown,
    size: number,
  ): IncomingMessage;
  /** Ends the open streams with an error: all, or only those that the app asked for. */
  end(error: RealtimeError, isAsked?: true): void;
}

/** Makes the data streams of a reader. The limit is for the unread chunks of all that the app asked for, in the unit of the messages' sizes. */
export function createDataStreams(limit: number): DataStreams {
  const open = new Map<string, Begun>();
  /** The streams that may have unread chunks, oldest first. */
  const unread = new Set<BoundedStream<unknown>>();
  /** The size of the unread chunks, and of those that were read since it was counted. */
  let unreadSize = 0;
  /** The error of streams that go on after messages were lost. */
  let lost: RealtimeError | undefined;

  /** Drops what is over the limit: the oldest streams that nobody reads, then the oldest ones. */
  function makeRoom(): void {
    // The chunks that came since the message which the app handles stay below the limit, because they are unread messages too.
    unreadSize = 0;
    for (const hasConsumer of [true, false]) {
      for (const target of [...unread].reverse()) {
        if (target.stream.locked !== hasConsumer) continue;
        if (unreadSize + target.unread() > limit) target.drop(slowConsumer());
        unreadSize += target.unread();
        if (target.unread() === 0) unread.delete(target);
      }
    }
  }

  /** Adds a chunk to a stream that the app asked for. */
  function push(asked: BoundedStream<unknown>, { data, size }: Chunk): void {
    // Counting takes time, so it waits until much may be unread.
    if (unreadSize > 2 * limit) makeRoom();
    unreadSize += size;
    unread.add(asked);
    asked.push(data, size);
  }

  /** Returns a stream that the app asks for at a place. */
  function ask(begun: Begun, place: Place): ReadableStream<unknown> {
    if (!begun.asked) {
      const asked = begun.asked = createBoundedStream();
      for (let { next } = place; next; next = next.end.next) push(asked, next);
      if (begun.end) asked.end(begun.end.error);
    }
    return begun.asked.stream;
  }

  function finish(begun: Begun, error?: Error): void {
    begun.end ??= { error };
    begun.asked?.end(error);
  }

  function end(error: RealtimeError, isAsked?: true): void {
    for (const begun of open.values()) {
      if (!isAsked || begun.asked) finish(begun, error);
    }
    if (isAsked) return;
    lost = error;
    open.clear();
  }

  return {
    add(message, data, size) {
      const { streamId, kind, metadata } = message;
      // A copy, because other readers of the connection get the same object.
      if (streamId === undefined) return { ...message, data };
      if (open.size > MAX_OPEN) end(slowConsumer());
      let begun = open.get(streamId);
      if (!begun) {
        open.set(streamId, begun = { last: {}, size: 0 });
        if (lost && kind !== "datastream-start") finish(begun, lost);
      }
      const place = begun.last;
      if (kind === "chunk" && !begun.end) {
        if (begun.asked) push(begun.asked, { data, size });
        // Otherwise a message that the app keeps could keep any number of chunks.
        else if ((begun.size += size) > limit) finish(begun, slowConsumer());
        else place.next = { data, size, end: begun.last = {} };
      }
      if (kind === "datastream-end") {
        const error = isJsonObject(metadata) ? metadata.error : undefined;
        finish(begun, error ? errorOf(error) : undefined);
        open.delete(streamId);
      }
      return {
        ...message,
        data,
        get stream() {
          return ask(begun, place);
        },
      };
    },
    end,
  };
}
