import { backoff } from "../time/backoff.ts";
import { isTransient } from "../http/transient.ts";
import type { Connection } from "./connection.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { errorOf } from "../protocol/error_body.ts";
import type { ReaderMessage } from "./decode_frame.ts";
import { createQueue, type Queue, tooSlow } from "./bounded_stream.ts";
import type { TokenSource } from "./token_source.ts";
import type { ReaderState } from "../types/subscription.ts";

/** What the readers of a subscription have in common. */
export interface ReaderOptions {
  readonly channel: string;
  readonly topics: readonly string[];
  readonly connection: Connection;
  readonly tokens: TokenSource;
  /** How much may wait unread, in characters of JSON. */
  readonly maxUnread?: number | undefined;
  /**
   * How a message is checked, if it is to be: resolves with its data as the app gets them, rejects with what is wrong with them.
   */
  readonly check: (
    frame: ReaderMessage,
  ) => (() => Promise<unknown>) | undefined;
  readonly onError: (error: RealtimeError) => void;
  readonly onGap: (
    gap: {
      readonly channel: string;
      readonly after: string;
      readonly before: string;
    },
  ) => void;
}

/**
 * One ordered way through one channel: it knows up to which message it has everything, and feeds one stream, which keeps what waits to
 * be read. What the stream has no room for is not lost: the reader stops to listen, and resumes from its position when there is room.
 */
export interface Reader {
  readonly stream: ReadableStream<unknown>;
  /** A position from which another reader misses nothing that this one's stream has not begun to deliver. */
  position(): string | undefined;
  /** Ends its stream after what was received; with an error when it failed. Resolves when nothing is left of it but that. */
  end(error?: RealtimeError): Promise<void>;
}

let readers = 0;

/**
 * Makes a reader, a member of its connection.
 *
 * @param position Where it starts, as the wire has it.
 * @param onState It is in another state; with the error when it failed.
 */
export function createReader(
  options: ReaderOptions,
  position: string | undefined,
  onState: (state: ReaderState, error?: RealtimeError) => Promise<void> | void,
): Reader {
  const { channel, topics, connection, tokens, onError } = options;
  const maxUnread = options.maxUnread ?? 2 ** 23;
  const ref = `${++readers}`;
  const streams = new Map<unknown, Queue>();
  let start: string | undefined;
  /** As the app knows it; besides, it asked the gateway (`sent`), or wants nothing for now though it is open (`full`). */
  let state: ReaderState | "sent" | "full" = "idle";
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  /** What it asked with; since it was accepted, the ticket that it got for that. */
  let presented: string | undefined;
  /** Whether the gateway announced a gap. */
  let isLost: boolean | undefined;
  /** What is being checked, and how much that is. */
  let checking = Promise.resolve();
  let checkingSize = 0;
  const { stream, room, push, end: endQueue } = createQueue(
    maxUnread,
    resume,
    end,
  );

  function to(next: typeof state): void {
    if (state === next) return;
    state = next;
    if (next !== "sent" && next !== "full") void onState(next);
  }

  function isOver(): boolean {
    return /ed$/.test(state);
  }

  /** Asks the gateway for messages, once the connection is open. */
  async function join(): Promise<void> {
    try {
      if (!tokens.jwt) {
        to("refreshing");
        await tokens.renew();
      }
      const token = tokens.jwt as string;
      if (
        // Still connecting, waiting or refreshing, also after the app was asked.
        /ing|idle/.test(state) &&
        connection.send({ kind: "sub", ref, data: { token, since: position } })
      ) {
        to("sent");
        presented = token;
      }
    } catch (error) {
      refuse(error as RealtimeError);
    }
  }

  /** It can't be done, for a reason that may pass or not. */
  function refuse(error: RealtimeError, isAnswer?: boolean): void {
    if (isOver()) return;
    const isToken = isAnswer && /token|unauth/.test(error.code);
    if (isToken && presented === tokens.jwt) {
      tokens.jwt = undefined;
      tokens.refusal = error;
    }
    const mayPass = isToken
      // Another token may do; but not if several did not.
      ? attempt < 3
      : isTransient(error);
    if (mayPass) {
      to("connecting");
      clearTimeout(retry);
      // With another token at once.
      retry = setTimeout(join, isToken ? attempt++ : backoff(attempt++));
    } else void end(error);
  }

  /** Whether an id is later than the position. */
  function isNew(id: string): boolean {
    return id.slice(0, 9) !== position?.slice(0, 9) ||
      // No offset has leading zeros: the one with more digits is greater, or else the greater text.
      +(id.length - position.length || id > position) > 0;
  }

  function endStreams(error: RealtimeError, all = true): void {
    for (const incoming of streams.values()) {
      if (all || incoming.stream.locked) incoming.end(error);
    }
  }

  function receive(frame: ReaderMessage, size: number): void {
    // While nobody reads, little is kept.
    const limit = stream.locked ? maxUnread : maxUnread / 64;
    if (maxUnread - room() + checkingSize >= limit) {
      to("full");
      // Who reads a data stream before going on with the messages would now wait for ever.
      endStreams(tooSlow(), false);
      connection.send({ kind: "unsub", ref });
      return;
    }
    position = frame.id;
    const check = options.check(frame);
    // At once, where there is nothing to wait for.
    if (!check && checkingSize === 0) return deliver(frame, frame.data, size);
    checkingSize += size;
    checking = checking.then(async () => {
      try {
        deliver(frame, check ? await check() : frame.data, size);
      } catch (error) {
        onError(error as RealtimeError);
      }
      checkingSize -= size;
      resume();
    });
  }

  /** Gives the app a message, and its data stream what is in it. */
  function deliver(frame: ReaderMessage, data: unknown, size: number): void {
    // Others on the connection get the same frame.
    const message = { ...frame, data };
    const { kind, metadata, streamId } = frame;
    if (streamId) {
      const incoming = streams.get(streamId) ?? createQueue(maxUnread);
      streams.set(streamId, incoming);
      message.stream = incoming.stream;
      if (kind === "chunk") incoming.push(data, size);
      if (kind === "datastream-end") {
        const { error } = Object(metadata);
        incoming.end(error && errorOf(error));
        streams.delete(streamId);
      }
    }
    push(message, size);
  }

  /** Listens again, when there is room and somebody reads. */
  function resume(): void {
    if (
      state === "full" && stream.locked &&
      room() - checkingSize > maxUnread / 2
    ) {
      to("connecting");
      void join();
    }
  }

  async function end(error?: RealtimeError): Promise<void> {
    if (isOver()) return;
    state = error ? "failed" : "closed";
    clearTimeout(retry);
    endStreams(
      error ?? new RealtimeError("aborted", "The subscription is closed"),
    );
    await connection.remove(ref);
    await checking;
    await onState(state, error);
    endQueue(error);
  }

  connection.add(ref, (frame, size) => {
    if (!frame) {
      return onError(
        new RealtimeError("invalid_json", "Cannot accept a frame"),
      );
    }
    switch (frame.kind) {
      case "open":
        if (state !== "full") void join();
        break;
      case "connecting":
      case "waiting": {
        const answer = /sent|open/.test(state) && frame.data;
        if (state !== "full") to(frame.kind);
        if (answer) refuse(answer, true);
        break;
      }
      case "error":
        refuse(errorOf(frame.data), true);
        break;
      case "ready": {
        const found = frame.data.channels.find((ready) =>
          ready.channel === channel
        );
        if (!found || !topics.every((topic) => found.topics.includes(topic))) {
          return refuse(
            new RealtimeError("forbidden", "The token is for other topics"),
          );
        }
        presented = tokens.jwt = frame.data.ticket;
        attempt = 0;
        start ??= found.position;
        isLost = found.recovered === false;
        // Where it stood counts until the gap is told: the connection may be lost before that.
        if (!isLost) position = found.position;
        to("open");
        break;
      }
      case "ping": {
        const id = frame.data?.[channel];
        if (state === "open" && id && isNew(id)) position = id;
        break;
      }
      case "gap":
        if (state === "open" && frame.channel === channel) {
          const { after, before } = frame.data;
          const last = before.slice(0, 9) + (+before.slice(9) - 1);
          // The gateway announced it in `ready`, or what was had ends before it ends.
          if (!isLost && !isNew(last)) return;
          isLost = false;
          position = last;
          endStreams(new RealtimeError("unavailable", "Messages are lost"));
          options.onGap({ channel, after, before });
        }
        break;
      default:
        if (
          state === "open" && frame.channel === channel &&
          topics.includes(frame.topic) && isNew(frame.id)
        ) receive(frame, size);
    }
  });

  return {
    stream,
    position: () => stream.locked ? position : start,
    end,
  };
}
