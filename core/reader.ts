import { RealtimeError, type RealtimeErrorCode } from "./errors.ts";
import type { MessageFrame, ReadyChannel } from "./frame.ts";
import { formatId, parseId, type Position } from "./id.ts";
import { IncomingStreams } from "./incoming_streams.ts";
import { toMessage } from "./message.ts";
import type { TokenSource } from "./token_source.ts";

/** What waits in one reader, in characters of JSON, before it stops to listen. */
const MAX_SIZE = 8 * 1024 * 1024;

/**
 * How a reader stands with its connection: it must still ask for its messages (`joining`), it asked (`asked`), it gets them (`live`),
 * it doesn't want any for now (`paused`), it can't have any more (`failed`), it doesn't want any more (`ended`).
 */
export type ReaderPhase =
  | "joining"
  | "asked"
  | "live"
  | "paused"
  | "failed"
  | "ended";

/** What becomes of a subscription, for the app. */
export type ReaderState =
  | "idle"
  | "connecting"
  | "open"
  | "waiting"
  | "refreshing"
  | "closed"
  | "failed";

/** Messages that are lost: those between the two ids. */
export interface ReaderGap {
  readonly channel: string;
  readonly after: string;
  readonly before: string;
}

/** The connection, as its readers see it. */
export interface ReaderHost {
  /** Asks the gateway for the reader's messages, as soon as it can. */
  join(reader: Reader): void;
  /** Tells the gateway that the reader wants none for now. */
  leave(reader: Reader): void;
  /** Forgets the reader; resolves when nothing is left of it. */
  remove(reader: Reader): Promise<void>;
}

/** What a reader reads, and whom it tells. */
export interface ReaderOptions {
  readonly channel: string;
  readonly topics: ReadonlySet<string>;
  readonly host: ReaderHost;
  readonly tokens: TokenSource;
  /** Where to start, as the wire has it. */
  readonly since: string | undefined;
  /** Messages that may wait unread. */
  readonly limit: number;
  /** Gives a message's data as the app gets it; rejects with what is wrong with it. Absent where no topic has a schema. */
  readonly validate:
    | ((frame: MessageFrame) => unknown)
    | undefined;
  /** Makes what the stream delivers from a message. */
  readonly deliver: (message: Record<string, unknown>) => unknown;
  readonly onError: (error: RealtimeError) => void;
  readonly onGap: (gap: ReaderGap) => void;
  readonly onState: (state: ReaderState, error?: RealtimeError) => void;
  /** Its stream was cancelled. */
  readonly onCancel: () => Promise<void>;
}

let readers = 0;

/**
 * One ordered way through one channel: it knows up to which message it has everything, keeps what waits to be read, and is the source
 * of one `ReadableStream`. What it has no room for it does not lose: it stops to listen, and resumes from its position when
 * what waited is read.
 */
export class Reader implements UnderlyingDefaultSource<unknown> {
  readonly ref: string = String(++readers);
  readonly options: ReaderOptions;
  phase: ReaderPhase;
  /** What it asked with. */
  presented: string | undefined;
  /** How often in a row it asked in vain. */
  attempt = 0;
  /** Whether the gateway said that a gap follows. */
  isLost = false;
  /** Whether its stream was ever read. */
  isUsed = false;
  readonly #ending = new AbortController();
  #position: Position | undefined;
  /** The last message that was read, or where it started. */
  #read: Position | undefined;
  #state: ReaderState = "idle";
  #streams = new IncomingStreams(MAX_SIZE);
  #queue: Array<{ message: Record<string, unknown>; size: number }> = [];
  /** Messages and characters that were taken and not read, also those that are being validated. */
  #count = 0;
  #size = 0;
  #validated: Promise<void> = Promise.resolve();
  #controller: ReadableStreamDefaultController<unknown> | undefined;
  #isWanted = false;
  #failure: RealtimeError | undefined;

  /** @param position Where it starts; it then waits there until it is read. */
  constructor(options: ReaderOptions, position?: Position) {
    this.options = options;
    this.#position = this.#read = position;
    this.phase = position ? "paused" : "joining";
  }

  /** Where what was not read begins: another reader that starts there misses nothing. */
  get unread(): Position | undefined {
    return this.#count > 0 ? this.#read : this.#position;
  }

  /** Where its messages should start, as the wire has it. */
  get since(): string | undefined {
    const position = this.#position;
    return position
      ? formatId(position.epoch, position.offset)
      : this.options.since;
  }

  /** Aborts when it ends. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Tells the app how it stands. */
  to(state: ReaderState, error?: RealtimeError): void {
    if (this.#state === state) return;
    this.#state = state;
    this.options.onState(state, error);
  }

  /** The gateway accepted it. */
  ready(channels: readonly ReadyChannel[]): void {
    const { channel, topics } = this.options;
    const found = channels.find((ready) => ready.channel === channel);
    if (![...topics].every((topic) => found?.topics.includes(topic))) {
      return this.fail(
        new RealtimeError(
          "forbidden",
          `Cannot subscribe to "${channel}": the token does not grant all of its topics`,
        ),
      );
    }
    if (this.phase !== "asked") return;
    this.phase = "live";
    this.attempt = 0;
    this.isLost = found?.recovered === false;
    if (this.isLost || !this.#position) {
      this.#position = parseId(found?.position);
      this.#read ??= this.#position;
    }
    this.to("open");
  }

  /** The connection is gone: it has to ask again. */
  disconnected(): void {
    if (this.phase === "asked" || this.phase === "live") this.phase = "joining";
  }

  /** The connection has everything up to this id. */
  seen(id: unknown): void {
    const position = parseId(id);
    if (
      this.phase === "live" && position?.epoch === this.#position?.epoch &&
      this.#isNew(position)
    ) this.#position = position;
  }

  /** Messages are missing. */
  gap({ after, before }: { after: string; before: string }): void {
    const next = parseId(before);
    if (this.phase !== "live" || !next) return;
    const position = { ...next, offset: next.offset - 1 };
    if (!this.isLost) {
      if (!this.#isNew(position)) return;
      this.#position = position;
    }
    this.isLost = false;
    this.#streams.fail("unavailable", "a part of it is lost");
    this.options.onGap({ channel: this.options.channel, after, before });
  }

  /** A message arrived on the connection. */
  receive(frame: MessageFrame, size: number): void {
    const { channel, topics, validate, onGap } = this.options;
    const position = parseId(frame.id);
    if (
      this.phase !== "live" || frame.channel !== channel ||
      !topics.has(frame.topic) || !this.#isNew(position)
    ) return;
    if (this.#isFull()) return this.#pause();
    if (this.since && position?.epoch !== this.#position?.epoch) {
      onGap({ channel, after: this.since, before: frame.id });
    }
    this.#position = position;
    this.#count++;
    this.#size += size;
    if (!validate) return this.#deliver(frame, frame.data, size);
    const streams = this.#streams;
    this.#validated = this.#validated.then(async () => {
      try {
        const data = await validate(frame);
        // Another after a rewind: what was taken before it is not delivered.
        if (streams === this.#streams) this.#deliver(frame, data, size);
      } catch (error) {
        if (streams === this.#streams) this.#release(size);
        this.options.onError(error as RealtimeError);
      }
    });
  }

  /** Goes back to where it started, to wait there, if nobody has read it: then nothing needs to be kept. */
  rewind(): void {
    if (this.isUsed || this.#isOver) return;
    this.#streams = new IncomingStreams(MAX_SIZE);
    this.#queue = [];
    this.#count = this.#size = 0;
    this.#position = this.#read;
    this.#pause();
  }

  /** Ends with an error, after what was received. */
  fail(error: RealtimeError): void {
    if (this.#isOver) return;
    void this.#end("failed", error.code, error.message);
    void this.#validated.then(() => {
      this.#failure = error;
      if (this.#isWanted) this.#controller?.error(error);
    });
    this.to("failed", error);
  }

  /** Ends at once; what waits unread is dropped. */
  close(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    this.#queue = [];
    this.#controller?.close();
    return this.cancel();
  }

  /** The stream's own: it was made. */
  start(controller: ReadableStreamDefaultController<unknown>): void {
    this.#controller = controller;
  }

  /** The stream's own: it is read. */
  pull(): void {
    this.isUsed = true;
    const next = this.#queue.shift();
    if (next) this.#hand(next.message, next.size);
    else if (this.#failure) this.#controller?.error(this.#failure);
    else this.#isWanted = true;
    if (this.phase === "paused" && this.#count <= this.options.limit / 2) {
      this.phase = "joining";
      this.options.host.join(this);
    }
  }

  /** The stream's own: it is not wanted any more. */
  async cancel(): Promise<void> {
    const removed = this.#end("ended", "aborted", "the subscription was closed");
    this.to("closed");
    await Promise.all([removed, this.options.onCancel()]);
  }

  get #isOver(): boolean {
    return this.phase === "failed" || this.phase === "ended";
  }

  #isNew(position: Position | undefined): boolean {
    const last = this.#position;
    return position?.epoch !== last?.epoch ||
      Number(position?.offset) > Number(last?.offset);
  }

  #isFull(): boolean {
    const isOver = (): boolean =>
      this.#size >= MAX_SIZE ||
      // Who reads a data stream before going on with the messages must not wait for chunks that are not taken.
      (this.#count >= this.options.limit && !this.#streams.areRead);
    if (isOver()) {
      this.#queue = this.#queue.filter(({ message, size }) => {
        const isKept = message.kind !== "chunk" ||
          !this.#streams.isRead(message.streamId);
        if (!isKept) this.#release(size);
        return isKept;
      });
    }
    return isOver();
  }

  #pause(): void {
    this.phase = "paused";
    this.#streams.fail("too_slow", "too much waits unread before it", true);
    this.options.host.leave(this);
  }

  #hand(message: Record<string, unknown>, size: number): void {
    this.#release(size);
    this.#read = parseId(message.id);
    this.#controller?.enqueue(this.options.deliver(message));
  }

  #release(size: number): void {
    this.#count--;
    this.#size -= size;
  }

  #deliver(frame: MessageFrame, data: unknown, size: number): void {
    if (this.phase === "ended") return;
    const message = toMessage(frame, data);
    if (message.streamId) {
      message.stream = this.#streams.take(message.streamId, frame, data, size);
    }
    if (this.#isWanted) {
      this.#isWanted = false;
      this.#hand(message, size);
    } else this.#queue.push({ message, size });
  }

  #end(
    phase: "failed" | "ended",
    code: RealtimeErrorCode,
    reason: string,
  ): Promise<void> {
    this.phase = phase;
    this.#ending.abort();
    this.#streams.fail(code, reason);
    return this.options.host.remove(this);
  }
}
