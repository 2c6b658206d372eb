import { backoff } from "./backoff.ts";
import type { Connection, Member } from "./connection.ts";
import { RealtimeError } from "./errors.ts";
import { errorOf, type MessageFrame, type ReadyChannel } from "./frame.ts";
import {
  createIncomingStream,
  type IncomingStream,
} from "./incoming_streams.ts";
import { toMessage } from "./message.ts";
import type { TokenSource } from "./token_source.ts";

/**
 * How a reader stands with its connection: it must still ask for its messages (`joining`), it asked (`asked`), it gets them (`live`),
 * it wants none for now (`paused`), there are no more (`over`).
 */
type Phase = "joining" | "asked" | "live" | "paused" | "over";

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

/** Messages that are lost: those between the two ids. */
export interface ReaderGap {
  readonly channel: string;
  readonly after: string;
  readonly before: string;
}

/** What the readers of a subscription have in common. */
export interface ReaderOptions {
  readonly channel: string;
  readonly topics: readonly string[];
  readonly connection: Connection;
  readonly tokens: TokenSource;
  /** How much may wait unread, in characters of JSON. */
  readonly maxUnread: number;
  /** Gives a message's data as the app gets it; rejects with what is wrong with it. Absent where no topic has a schema. */
  readonly check: ((frame: MessageFrame) => unknown) | undefined;
  readonly onError: (error: RealtimeError) => void;
  readonly onGap: (gap: ReaderGap) => void;
}

/**
 * One ordered way through one channel: it knows up to which message it has everything, keeps what waits to be read, and feeds one
 * stream. What it has no room for it does not lose: it stops to listen, and resumes from its position when what waited is read.
 */
export interface Reader {
  readonly stream: ReadableStream<unknown>;
  /** Whether its stream was ever read. */
  isUsed(): boolean;
  /** The position after which what was not read begins: a reader that starts there misses nothing. */
  unread(): string | undefined;
  /** Ends with an error, after what was received. */
  fail(error: RealtimeError): void;
  /** Ends at once; what waits unread is dropped. Resolves when nothing is left of it. */
  close(): Promise<void>;
}

/** What a message counts besides its text. */
const MESSAGE_SIZE = 256;

let readers = 0;

/**
 * @param position Where it starts, as the wire has it.
 * @param phase `joining`, or `paused` for one that does nothing until it is read.
 * @param toChunk Makes what the stream delivers from a message.
 * @param onCancel Its stream was closed or cancelled.
 * @param onState It is in another state; with the error when it failed.
 */
export function createReader(
  options: ReaderOptions,
  position: string | undefined,
  phase: Phase,
  toChunk: (message: ReaderMessage) => unknown,
  onCancel: () => Promise<void>,
  onState: (state: ReaderState, error?: RealtimeError) => void,
): Reader {
  const { channel, topics, connection, tokens, maxUnread, check, onError } =
    options;
  const ref = String(++readers);
  const streams = new Map<unknown, IncomingStream>();
  const queue: Array<{ message: ReaderMessage; size: number }> = [];
  let state: ReaderState = "idle";
  /** The position up to which it was read. */
  let read = position;
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let presented = "";
  /** Whether the gateway announced a gap. */
  let isLost = false;
  /** How much was taken and not read, also of what is being checked. */
  let unreadSize = 0;
  let checked = Promise.resolve();
  let isUsed = false;
  let isWanted = false;
  let failure: RealtimeError | undefined;
  let controller: ReadableStreamDefaultController<unknown>;

  function to(next: ReaderState, error?: RealtimeError): void {
    if (state !== next) onState(state = next, error);
  }

  /** Asks the gateway for messages, once the connection is open. */
  async function join(): Promise<void> {
    try {
      if (phase !== "joining") return;
      const token = await tokens.present(() => to("refreshing"));
      const data = { token, since: position };
      if (
        phase === "joining" && connection.send({ kind: "sub", ref, data })
      ) {
        phase = "asked";
        presented = token;
        to("connecting");
      }
    } catch (error) {
      refuse(error as RealtimeError);
    }
  }

  function refuse(error: RealtimeError): void {
    const isToken = phase !== "joining" && /token|unauth/.test(error.code);
    if (phase === "over") return;
    phase = "joining";
    if (isToken) {
      tokens.refused(presented, error);
      void join();
    } else if (
      /network|timeout|limited|slow|unavailable|internal/.test(error.code)
    ) {
      clearTimeout(retry);
      retry = setTimeout(join, backoff(attempt++));
    } else fail(error);
  }

  /** Whether an id is later than the position. */
  function isNew(id: string): boolean {
    return !position?.startsWith(id.slice(0, 9)) ||
      Number(id.slice(9)) > Number(position.slice(9));
  }

  function ready(channels: readonly ReadyChannel[], ticket: string): void {
    tokens.accepted(ticket);
    const found = channels.find((ready) => ready.channel === channel);
    if (!topics.every((topic) => found?.topics.includes(topic))) {
      return fail(
        new RealtimeError(
          "forbidden",
          `Cannot subscribe to "${channel}": the token is for other topics`,
        ),
      );
    }
    phase = "live";
    attempt = 0;
    position = found?.position;
    read ??= position;
    isLost = found?.recovered === false;
    to("open");
  }

  function gap(after: string, before: string): void {
    const last = before.slice(0, 9) + (Number(before.slice(9)) - 1);
    // The gateway announced it in `ready`, or what was had ends before it ends.
    if (!isLost && !isNew(last)) return;
    position = last;
    isLost = false;
    endStreams(new RealtimeError("unavailable", "Messages are lost"));
    options.onGap({ channel, after, before });
  }

  function endStreams(error: RealtimeError, all = true): void {
    for (const incoming of streams.values()) {
      if (all || incoming.isRead) incoming.end(error);
    }
  }

  function receive(frame: MessageFrame, size: number): void {
    if (!topics.includes(frame.topic) || !isNew(frame.id)) return;
    // While nobody reads at all, little is kept.
    if (unreadSize >= (isUsed ? maxUnread : maxUnread / 64)) {
      phase = "paused";
      // Who reads a data stream before going on with the messages would now wait for ever.
      endStreams(new RealtimeError("too_slow", "Too much waits unread"), false);
      connection.send({ kind: "unsub", ref });
      return;
    }
    position = frame.id;
    unreadSize += size;
    if (check) {
      checked = checked.then(async () => {
        try {
          deliver(frame, await check(frame), size);
        } catch (error) {
          unreadSize -= size;
          onError(error as RealtimeError);
        }
      });
    } else deliver(frame, frame.data, size);
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
    queue.push({ message, size });
    if (isWanted) hand();
  }

  /** Gives the stream one message. */
  function hand(): void {
    const next = queue.shift();
    isWanted = !next;
    if (next) {
      const { message, size } = next;
      unreadSize -= size;
      read = String(message.id);
      controller.enqueue(toChunk(message));
    } else if (failure) controller.error(failure);
    if (phase === "paused" && unreadSize <= maxUnread / 2) {
      phase = "joining";
      void join();
    }
  }

  function end(next: "failed" | "closed", error: RealtimeError): Promise<void> {
    phase = "over";
    clearTimeout(retry);
    endStreams(error);
    to(next, next === "failed" ? error : undefined);
    return connection.remove(member);
  }

  function fail(error: RealtimeError): void {
    if (phase === "over") return;
    void end("failed", error);
    void checked.then(() => {
      failure = error;
      if (isWanted) hand();
    });
  }

  async function cancel(): Promise<void> {
    if (phase === "over") return;
    isWanted = false;
    await Promise.all([
      end("closed", new RealtimeError("aborted", "The subscription is closed")),
      onCancel(),
    ]);
  }

  const member: Member = {
    ref,
    size: topics.length,
    change(next, error) {
      if (phase === "asked" || phase === "live") {
        if (error) refuse(error);
        else phase = "joining";
      }
      if (next === "open" && phase === "joining") void join();
      else if (phase !== "over") to(next);
    },
    handle(frame, size) {
      if (!frame) {
        onError(new RealtimeError("invalid_json", "A frame can't be read"));
      } else if (frame.kind === "error") {
        refuse(errorOf(frame.data));
      } else if (frame.kind === "ready") {
        ready(frame.data.channels, frame.data.ticket);
      } else if (phase !== "live" || !position) return;
      else if (frame.kind === "ping") {
        const id = frame.data?.[channel];
        if (id && id.slice(0, 9) === position.slice(0, 9) && isNew(id)) {
          position = id;
        }
      } else if ("channel" in frame && frame.channel === channel) {
        if (frame.kind !== "gap") receive(frame, size + MESSAGE_SIZE);
        else gap(frame.data.after, frame.data.before);
      }
    },
  };
  const stream = new ReadableStream({
    start(it) {
      controller = it;
    },
    pull() {
      isUsed = true;
      hand();
    },
    cancel,
  }, { highWaterMark: 0 });
  connection.add(member);

  return {
    stream,
    isUsed: () => isUsed,
    unread: () => unreadSize > 0 ? read : position,
    fail,
    async close() {
      if (phase === "over") return;
      controller.close();
      await cancel();
    },
  };
}
