import type { Buffer } from "node:buffer";
import type { Position } from "../../../core/protocol/id.ts";
import type {
  ChannelState,
  LogListener,
  LogPage,
  OpenStream,
} from "../broker.ts";
import { followStream } from "../log.ts";
import type { ChannelKeys } from "./keys.ts";
import type { PubSubChannel } from "./pubsub_connection.ts";
import type { RedisServer } from "./server.ts";
import { decodeStored, type StoredMessage } from "./stored_message.ts";

/** The callbacks of a follower. */
export interface FollowerHost {
  /** Reads the channel's log after an offset. */
  read(channel: string, after: number): Promise<LogPage>;
  /** Requests a comparison with Redis. */
  check(follower: ChannelFollower): void;
  /** Reports a failure that no call waits for. */
  report(error: unknown): void;
}

/** Maximum number and bytes of the live messages that are kept while the log is read. Further messages are read from the log. */
const MAX_EARLY = 1000;
const MAX_EARLY_BYTES = 1024 * 1024;

/** `starting` until the position is known, `live` while messages arrive in order, `behind` when some may be missing, `reading` the log. */
type State = "starting" | "live" | "behind" | "reading";

/**
 * Follows one channel for this gateway. Pub/sub may lose messages; the follower reads missing ones from the log, and gives its listener every
 * message in order, or tells it that messages were lost.
 */
export class ChannelFollower implements PubSubChannel, Position {
  readonly channel: string;
  readonly keys: ChannelKeys;
  /** Receives the messages; `undefined` while the follower lingers. */
  listener: LogListener | undefined;
  /** When the lingering subscription ends, in milliseconds of the monotonic clock. */
  lingersUntil: number | undefined;
  /** The server of its subscription. */
  server: RedisServer | undefined;
  /** This gateway's numbers of subscribers, by topic. */
  subscribers: ReadonlyMap<string, number> = new Map();
  /** When the next comparison with Redis is due. */
  checkAt = 0;
  epoch = "";
  offset = 0;
  readonly #host: FollowerHost;
  readonly #openStreams = new Map<string, OpenStream>();
  #state: State = "starting";
  #early: StoredMessage[] = [];
  #earlyBytes = 0;
  /** Whether the log must be read again, because messages arrived that are not complete without it. */
  #mustReadAgain = false;
  /** The first offset that is in Redis but has not arrived yet; 0 for none. */
  #expected = 0;
  #isClosed = false;

  constructor(channel: string, keys: ChannelKeys, host: FollowerHost) {
    this.channel = channel;
    this.keys = keys;
    this.#host = host;
  }

  /** The position and the open streams, for a new listener. */
  get state(): ChannelState {
    const { epoch, offset } = this;
    return { epoch, offset, openStreams: [...this.#openStreams.values()] };
  }

  /** Begins at the position that the channel had right after the subscription. */
  begin({ epoch, offset, openStreams }: ChannelState): void {
    this.epoch = epoch;
    this.offset = offset;
    for (const stream of openStreams) {
      this.#openStreams.set(stream.streamId, stream);
    }
    this.#catchUp();
  }

  receive(message: Buffer): void {
    const stored = decodeStored(message);
    // It is a probe, or was not sent by a gateway.
    if (!stored) return;
    if (this.#state === "live" && this.#take(stored)) return;
    this.#keep(stored);
    if (this.#state === "live") this.#readLog();
  }

  resubscribed(): void {
    if (this.#state === "live") this.#state = "behind";
    this.#host.check(this);
  }

  unsubscribed(): void {
    this.server = undefined;
    this.resubscribed();
  }

  /** Compares the follower with the channel's position in Redis. `true` calls for a {@linkcode recheck}: messages may be on their way. */
  compare({ epoch, offset }: Position): boolean {
    switch (this.#state) {
      case "starting":
      case "reading":
        return false;
      case "behind":
        if (epoch !== this.epoch || offset > this.offset) this.#readLog();
        else this.#catchUp();
        return false;
      case "live":
        if (epoch === this.epoch) return this.expect(offset);
        this.#readLog();
        return false;
    }
  }

  /** Notes the offset of a message of the same epoch in the log. `true` calls for a {@linkcode recheck} in a moment: it has not arrived. */
  expect(offset: number): boolean {
    if (this.#state !== "live" || offset <= this.offset) return false;
    // Only the first missing offset counts: on a busy channel the newest message is always on its way.
    this.#expected ||= offset;
    return true;
  }

  /** Reads the log if an expected message has not arrived; returns whether that is so, and the subscription may be broken. */
  recheck(): boolean {
    const isMissing = this.offset < this.#expected;
    this.#expected = 0;
    if (isMissing) this.#readLog();
    return isMissing;
  }

  /** Reads the log again after a failure. */
  retry(): void {
    if (this.#state === "behind") this.#readLog();
  }

  /** Reads the log, which has another epoch. */
  reread(): void {
    if (this.#state !== "starting") this.#readLog();
  }

  close(): void {
    this.#isClosed = true;
    this.listener = undefined;
  }

  /** Becomes live with the messages that were kept, or reads the log if they are not complete. */
  #catchUp(): void {
    this.#merge();
    if (this.#mustReadAgain) this.#readLog();
    else this.#state = "live";
  }

  #readLog(): void {
    if (this.#state === "reading") {
      this.#mustReadAgain = true;
      return;
    }
    this.#state = "reading";
    this.#readPages().then(
      () => this.#state = "live",
      (error) => {
        this.#state = "behind";
        this.#host.report(error);
      },
    );
  }

  async #readPages(): Promise<void> {
    do {
      this.#mustReadAgain = false;
      const page = await this.#host.read(this.channel, this.offset);
      if (this.#isClosed) return;
      this.#apply(page);
      if (this.offset < page.top) this.#mustReadAgain = true;
      else this.#merge();
    } while (this.#mustReadAgain);
  }

  #apply({ epoch, first, start, entries }: LogPage): void {
    const isOtherLog = epoch !== this.epoch;
    if (isOtherLog) this.#move(epoch, first - 1);
    // The page was read from an offset of the lost log; the new one is read from its start.
    if (isOtherLog && start !== first) return;
    // The log no longer has the messages in between.
    if (start > this.offset + 1) this.#move(epoch, start - 1);
    for (const entry of entries) this.#take({ epoch, entry });
  }

  /** Goes on after messages that were lost. */
  #move(epoch: string, offset: number): void {
    this.epoch = epoch;
    this.offset = offset;
    this.#expected = 0;
    this.#openStreams.clear();
    this.listener?.moved({ epoch, offset });
  }

  /** Delivers the live messages that were kept. */
  #merge(): void {
    const early = this.#early;
    this.#early = [];
    this.#earlyBytes = 0;
    for (const stored of early) {
      if (this.#take(stored)) continue;
      this.#mustReadAgain = true;
      return;
    }
  }

  /** Delivers a message if it is the next one; returns `false` if another must come first. */
  #take({ epoch, entry }: StoredMessage): boolean {
    if (epoch !== this.epoch || entry.offset > this.offset + 1) return false;
    if (entry.offset <= this.offset) return true;
    this.offset = entry.offset;
    followStream(this.#openStreams, entry);
    this.listener?.entry(epoch, entry);
    return true;
  }

  #keep(stored: StoredMessage): void {
    this.#early.push(stored);
    const { bytes, raw = "" } = stored.entry;
    this.#earlyBytes += bytes + raw.length;
    if (
      this.#early.length > MAX_EARLY || this.#earlyBytes > MAX_EARLY_BYTES
    ) {
      this.#early = [];
      this.#earlyBytes = 0;
      this.#mustReadAgain = true;
    }
  }
}
