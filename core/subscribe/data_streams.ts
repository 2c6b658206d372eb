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

/** The data streams of a reader. */
export interface DataStreams {
  /** Starts the stream of a message, adds a chunk to it, or ends it. Returns the whole stream. */
  add(
    streamId: string,
    message: IncomingMessage,
    size: number,
  ): ReadableStream<unknown>;
  /** Ends the open streams with an error: all, or only those that have a consumer. */
  end(error: RealtimeError, hasConsumer?: true): void;
}

/** Makes the data streams of a reader. The limit is for the unread chunks of all of them, in the unit of the messages' sizes. */
export function createDataStreams(limit: number): DataStreams {
  const open = new Map<string, BoundedStream<unknown>>();
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

  function end(error: RealtimeError, hasConsumer?: true): void {
    for (const target of open.values()) {
      if (!hasConsumer || target.stream.locked) target.end(error);
    }
    if (hasConsumer) return;
    lost = error;
    open.clear();
  }

  return {
    add(streamId, { kind, data, metadata }, size) {
      if (open.size > MAX_OPEN) end(slowConsumer());
      let target = open.get(streamId);
      if (!target) {
        target = createBoundedStream();
        open.set(streamId, target);
        if (lost && kind !== "datastream-start") target.end(lost);
      }
      if (kind === "chunk") {
        // Counting takes time, so it waits until much may be unread.
        if (unreadSize > 2 * limit) makeRoom();
        unreadSize += size;
        unread.add(target);
        target.push(data, size);
      }
      if (kind === "datastream-end") {
        const error = isJsonObject(metadata) ? metadata.error : undefined;
        target.end(error ? errorOf(error) : undefined);
        open.delete(streamId);
      }
      return target.stream;
    },
    end,
  };
}
