import { backoff } from "./backoff.ts";
import type { Connection } from "./connection.ts";
import { RealtimeError } from "./errors.ts";
import { errorOf, type MessageFrame } from "./frame.ts";
import {
  createIncomingStream,
  type IncomingStream,
} from "./incoming_streams.ts";
import { toMessage } from "./message.ts";
import type { TokenSource } from "./token_source.ts";

/** What becomes of a subscription, for the app. */
export type ReaderState =
  | "idle"
  | "connecting"
  | "open"
  | "waiting"
  | "refreshing"
  | "closed"
  | "failed";

/** A message, as the app gets it. */
export type ReaderMessage = Record<string, unknown>;

/** What the readers of a subscription have in common. */
export interface ReaderOptions {
  readonly channel: string;
  readonly topics: readonly string[];
  readonly connection: Connection;
  readonly tokens: TokenSource;
  /** How much may wait unread, in characters of JSON. */
  readonly maxUnread?: number | undefined;
  /** Gives a message's data as the app gets it; rejects with what is wrong with it. */
  readonly check: (frame: MessageFrame) => unknown;
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

/** How many tokens in a row may be refused while the app has others. */
const MAX_REFUSALS = 3;

let readers = 0;

/**
 * Makes a reader, a member of its connection.
 *
 * @param position Where it starts, as the wire has it.
 * @param toChunk Makes what the stream delivers from a message.
 * @param onState It is in another state; with the error when it failed.
 */
export function createReader(
  options: ReaderOptions,
  position: string | undefined,
  toChunk: (message: ReaderMessage) => unknown,
  onState: (state: ReaderState, error?: RealtimeError) => Promise<void> | void,
): Reader {
  const { channel, topics, connection, tokens, onError } = options;
  const maxUnread = options.maxUnread ?? 8 * 1024 * 1024;
  const ref = `${++readers}`;
  const streams = new Map<unknown, IncomingStream>();
  let start: string | undefined;
  /** As the app knows it; besides, it asked the gateway (`asked`), or wants nothing for now though it is open (`paused`). */
  let state: ReaderState | "asked" | "paused" = "idle";
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  /** What it asked with; since it was accepted, the ticket that it got for that. */
  let presented: string | undefined;
  /** Whether the gateway announced a gap. */
  let isLost = false;
  /** What is being checked, and how much that is. */
  let checking = Promise.resolve();
  let checkingSize = 0;
  let nextSize = 0;
  let failure: RealtimeError | undefined;
  let controller: ReadableStreamDefaultController<unknown>;

  function to(
    next: typeof state,
    error?: RealtimeError,
  ): Promise<void> | void {
    if (state === next) return;
    state = next;
    if (next !== "asked" && next !== "paused") return onState(next, error);
  }

  function isOver(): boolean {
    return state === "closed" || state === "failed";
  }

  function room(): number {
    return controller.desiredSize as number;
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
        to("asked");
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
      ? attempt < MAX_REFUSALS
      : /network|timeout|unavailable|internal/.test(error.code);
    if (mayPass) {
      to("connecting");
      clearTimeout(retry);
      // With another token at once.
      retry = setTimeout(join, isToken ? attempt++ : backoff(attempt++));
    } else void end(error);
  }

  /** Whether an id is later than the position. */
  function isNew(id: string): boolean {
    return !position?.startsWith(id.slice(0, 9)) ||
      +id.slice(9) > +position.slice(9);
  }

  function endStreams(error: RealtimeError, all = true): void {
    for (const incoming of streams.values()) {
      if (all || incoming.stream.locked) incoming.end(error);
    }
  }

  function receive(frame: MessageFrame, size: number): void {
    // While nobody reads, little is kept.
    const limit = stream.locked ? maxUnread : maxUnread / 64;
    if (maxUnread - room() + checkingSize >= limit) {
      to("paused");
      // Who reads a data stream before going on with the messages would now wait for ever.
      endStreams(new RealtimeError("too_slow", "Too much is unread"), false);
      connection.send({ kind: "unsub", ref });
      return;
    }
    position = frame.id;
    checkingSize += size;
    checking = checking.then(async () => {
      try {
        deliver(frame, await options.check(frame), size);
      } catch (error) {
        onError(error as RealtimeError);
      }
      checkingSize -= size;
      resume();
    });
  }

  /** Listens again, when there is room and somebody reads. */
  function resume(): void {
    if (
      state === "paused" && stream.locked &&
      room() - checkingSize > maxUnread / 2
    ) {
      to("connecting");
      void join();
    }
  }

  function deliver(frame: MessageFrame, data: unknown, size: number): void {
    const message = toMessage(frame, data);
    const { streamId } = message;
    if (streamId) {
      const incoming = streams.get(streamId) ?? createIncomingStream(maxUnread);
      streams.set(streamId, incoming);
      if (incoming.take(frame, data, size)) streams.delete(streamId);
      message.stream = incoming.stream;
    }
    nextSize = size;
    // There is, unless the stream was cancelled: no more is taken than there is room for.
    if (room() > 0) controller.enqueue(toChunk(message));
  }

  function lose(after: string, before: string): void {
    const last = before.slice(0, 9) + (+before.slice(9) - 1);
    // The gateway announced it in `ready`, or what was had ends before it ends.
    if (!isLost && !isNew(last)) return;
    isLost = false;
    position = last;
    endStreams(new RealtimeError("unavailable", "Messages are lost"));
    options.onGap({ channel, after, before });
  }

  /** Ends all but the stream itself. */
  async function leave(error?: RealtimeError): Promise<void> {
    if (isOver()) return;
    state = error ? "failed" : "closed";
    clearTimeout(retry);
    endStreams(
      error ?? new RealtimeError("aborted", "The subscription is closed"),
    );
    await connection.remove(ref);
    await onState(state, error);
  }

  async function end(error?: RealtimeError): Promise<void> {
    if (isOver()) return;
    await Promise.all([leave(error), checking]);
    failure = error;
    if (!error) controller.close();
    // It comes after what waits.
    else if (room() === maxUnread) controller.error(error);
  }

  const stream = new ReadableStream({
    start(it) {
      controller = it;
    },
    pull() {
      if (failure && room() === maxUnread) controller.error(failure);
      resume();
    },
    cancel: () => leave(),
  }, { highWaterMark: maxUnread, size: () => nextSize });

  connection.add(ref, (frame, size) => {
    if (isOver()) return;
    const isAnswer = /asked|open/.test(state);
    if (!frame) {
      return onError(
        new RealtimeError("invalid_json", "A frame can't be read"),
      );
    }
    switch (frame.kind) {
      case "open":
        if (state !== "paused") void join();
        break;
      case "connecting":
      case "waiting":
        if (state !== "paused") to(frame.kind);
        if (isAnswer && frame.data) refuse(frame.data, true);
        break;
      case "closed":
        void end();
        break;
      case "error":
        refuse(errorOf(frame.data), true);
        break;
      case "ready": {
        const { channels, ticket } = frame.data;
        const found = channels.find((ready) => ready.channel === channel);
        presented = tokens.jwt = ticket;
        attempt = 0;
        start ??= found?.position;
        isLost = found?.recovered === false;
        // Where it stood counts until the gap is told: the connection may be lost before that.
        if (!isLost) position = found?.position;
        if (topics.every((topic) => found?.topics.includes(topic))) to("open");
        else {
          refuse(
            new RealtimeError(
              "forbidden",
              "The token is for other topics",
            ),
          );
        }
        break;
      }
      default:
        if (state !== "open" || !position) return;
        if (frame.kind === "ping") {
          const id = frame.data?.[channel];
          if (id?.startsWith(position.slice(0, 9)) && isNew(id)) position = id;
        } else if ("channel" in frame && frame.channel === channel) {
          if (frame.kind === "gap") lose(frame.data.after, frame.data.before);
          else if (topics.includes(frame.topic) && isNew(frame.id)) {
            receive(frame, size);
          }
        }
    }
  });

  return {
    stream,
    position: () => stream.locked ? position : start,
    end,
  };
}
