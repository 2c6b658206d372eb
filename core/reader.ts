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

/** What a message counts besides its text. */
const MESSAGE_SIZE = 256;

let readers = 0;

/**
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
  const { channel, topics, connection, tokens, maxUnread, check, onError } =
    options;
  const ref = String(++readers);
  const streams = new Map<unknown, IncomingStream>();
  let start = position;
  let phase: Phase = "joining";
  let state: ReaderState = "idle";
  let attempt = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let presented: string | undefined;
  /** Whether the gateway announced a gap. */
  let isLost = false;
  /** What is being checked, and how much that is. */
  let checking = Promise.resolve();
  let checkingSize = 0;
  let nextSize = 0;
  let failure: RealtimeError | undefined;
  let controller: ReadableStreamDefaultController<unknown>;

  function to(next: ReaderState, error?: RealtimeError): Promise<void> | void {
    if (state !== next) return onState(state = next, error);
  }

  /** Asks the gateway for messages, once the connection is open. */
  async function join(): Promise<void> {
    try {
      if (!tokens.jwt) {
        to("refreshing");
        await tokens.renew();
      }
      const token = tokens.jwt;
      if (!token) throw tokens.refusal;
      const data = { token, since: position };
      if (phase === "joining" && connection.send({ kind: "sub", ref, data })) {
        phase = "asked";
        presented = token;
        to("connecting");
      }
    } catch (error) {
      refuse(error as RealtimeError);
    }
  }

  function refuse(error: RealtimeError): void {
    if (phase === "over") return;
    const isToken = phase !== "joining" && /token|unauth/.test(error.code);
    if (isToken && presented === tokens.jwt) {
      tokens.jwt = undefined;
      tokens.refusal = error;
    }
    phase = "joining";
    if (
      isToken || /network|timeout|limited|unavailable|internal/.test(error.code)
    ) {
      clearTimeout(retry);
      retry = setTimeout(join, isToken ? 0 : backoff(attempt++));
    } else void end(error);
  }

  function ready(channels: readonly ReadyChannel[], ticket: string): void {
    const found = channels.find((ready) => ready.channel === channel);
    if (!topics.every((topic) => found?.topics.includes(topic))) {
      return refuse(
        new RealtimeError(
          "forbidden",
          `Cannot subscribe to "${channel}": the token is for other topics`,
        ),
      );
    }
    tokens.jwt = ticket;
    tokens.askedAt = attempt = 0;
    phase = "live";
    position = found?.position;
    start ??= position;
    isLost = found?.recovered === false;
    to("open");
  }

  /** Whether an id is later than the position. */
  function isNew(id: string): boolean {
    return !position?.startsWith(id.slice(0, 9)) ||
      Number(id.slice(9)) > Number(position.slice(9));
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
      if (all || incoming.stream.locked) incoming.end(error);
    }
  }

  function receive(frame: MessageFrame, size: number): void {
    if (!topics.includes(frame.topic) || !isNew(frame.id)) return;
    const used = maxUnread - Number(controller.desiredSize) + checkingSize;
    // While nobody reads, little is kept.
    if (used >= (stream.locked ? maxUnread : maxUnread / 64)) {
      phase = "paused";
      // Who reads a data stream before going on with the messages would now wait for ever.
      endStreams(new RealtimeError("too_slow", "Too much waits unread"), false);
      connection.send({ kind: "unsub", ref });
      return;
    }
    position = frame.id;
    if (!check) return deliver(frame, frame.data, size);
    checkingSize += size;
    checking = checking.then(async () => {
      try {
        deliver(frame, await check(frame), size);
      } catch (error) {
        onError(error as RealtimeError);
      }
      checkingSize -= size;
    });
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
    controller.enqueue(toChunk(message));
  }

  /** Ends all but the stream itself. */
  async function leave(error?: RealtimeError): Promise<void> {
    phase = "over";
    clearTimeout(retry);
    endStreams(
      error ?? new RealtimeError("aborted", "The subscription is closed"),
    );
    await Promise.all([
      to(error ? "failed" : "closed", error),
      connection.remove(member),
    ]);
  }

  async function end(error?: RealtimeError): Promise<void> {
    if (phase === "over") return;
    void checking.then(() => {
      failure = error;
      if (!error) controller.close();
      // It comes after what waits.
      else if (controller.desiredSize === maxUnread) controller.error(error);
    });
    await leave(error);
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
      } else if (frame.kind === "error") refuse(errorOf(frame.data));
      else if (frame.kind === "ready") {
        ready(frame.data.channels, frame.data.ticket);
      } else if (phase !== "live" || !position) return;
      else if (frame.kind === "ping") {
        const id = frame.data?.[channel];
        if (id?.startsWith(position.slice(0, 9)) && isNew(id)) position = id;
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
      const room = Number(controller.desiredSize);
      if (failure && room === maxUnread) controller.error(failure);
      if (phase === "paused" && stream.locked && room > maxUnread / 2) {
        phase = "joining";
        void join();
      }
    },
    cancel: () => leave(),
  }, { highWaterMark: maxUnread, size: () => nextSize });
  connection.add(member);

  return {
    stream,
    position: () => stream.locked ? position : start,
    end,
  };
}
