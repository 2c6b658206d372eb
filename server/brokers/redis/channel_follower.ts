import type { Buffer } from "node:buffer";
import type { Position } from "../../../core/protocol/id.ts";
import type {
  ChannelState,
  LogEntry,
  LogListener,
  LogPage,
  OpenStream,
} from "../broker.ts";
import { followStream } from "../open_streams.ts";
import type { ChannelKeys } from "./keys.ts";
import type { PubSubChannel } from "./pubsub_connection.ts";
import type { RedisServer } from "./server.ts";
import { decodeStored, type StoredMessage } from "./stored_message.ts";

/** What a follower needs of its broker. */
export interface FollowerHost {
  /** Reads the channel's log after an offset. */
  read(channel: string, after: number): Promise<LogPage>;
  /** It wants to be compared with Redis. */
  check(follower: ChannelFollower): void;
  /** A failure that nobody waits for. */
  report(error: unknown): void;
}

/** Live messages kept while the log is read. What is more is read from there. */
const MAX_EARLY = 1000;
const MAX_EARLY_BYTES = 1024 * 1024;

/**
 * One channel that this gateway follows. It knows where it stands, and makes of what pub/sub delivers, which may be nothing at all, what the
 * broker promises: every message in order, or a word that some are lost. What is missing it reads from the log.
 *
 * It is `starting` until its position is known; `live` when messages come one after the other; `behind` when some may be missing.
 */
export class ChannelFollower implements PubSubChannel, Position {
  readonly channel: string;
  readonly keys: ChannelKeys;
  /** Who wants its messages; nobody while it lingers. */
  listener: LogListener | undefined;
  /** Until when it lingers, in milliseconds of the monotonic clock. */
  lingersUntil: number | undefined;
  /** The server that it is subscribed at. */
  server: RedisServer | undefined;
  /** What this gateway says of its subscribers. */
  subscribers: ReadonlyMap<string, number> = new Map();
  /** When it is to be compared with Redis next. */
  checkAt = 0;
  epoch = "";
  offset = 0;
  readonly #host: FollowerHost;
  readonly #openStreams = new Map<string, OpenStream>();
  #state: "starting" | "live" | "behind" = "starting";
  #early: StoredMessage[] = [];
  #earlyBytes = 0;
  #isReading = false;
  /** Whether something came while the log was read that must be in it by now. */
  #isMore = false;
  /** The newest offset in Redis, when it was not here yet. */
  #expected = 0;
  #isClosed = false;

  constructor(channel: string, keys: ChannelKeys, host: FollowerHost) {
    this.channel = channel;
    this.keys = keys;
    this.#host = host;
  }

  get name(): string {
    return this.keys.live;
  }

  get group(): number {
    return this.keys.group;
  }

  /** Where it stands, for who begins to listen. */
  get state(): ChannelState {
    const { epoch, offset } = this;
    return { epoch, offset, openStreams: [...this.#openStreams.values()] };
  }

  /** It is subscribed, and this is where the channel stood after that. */
  begin({ epoch, offset, openStreams }: ChannelState): void {
    this.epoch = epoch;
    this.offset = offset;
    for (const stream of openStreams) {
      this.#openStreams.set(stream.streamId, stream);
    }
    this.#merge();
    if (this.#isMore) this.#readOn();
    else this.#state = "live";
  }

  receive(message: Buffer): void {
    const stored = decodeStored(message);
    // A probe, or not from a gateway.
    if (!stored) return;
    if (this.#state === "live" && this.#take(stored)) return;
    this.#keep(stored);
    if (this.#state === "live") this.#readOn();
  }

  resubscribed(): void {
    if (this.#state !== "starting") this.#state = "behind";
    this.#host.check(this);
  }

  unsubscribed(): void {
    this.server = undefined;
    this.resubscribed();
  }

  /**
   * Compares itself with what Redis has.
   *
   * @returns Whether it should look again in a moment: what is missing may be on its way.
   */
  compare({ epoch, offset }: Position): boolean {
    if (this.#state === "starting" || this.#isReading) return false;
    if (epoch !== this.epoch) this.#readOn();
    else if (this.#state === "behind") {
      if (offset > this.offset) this.#readOn();
      else {
        this.#merge();
        if (this.#isMore) this.#readOn();
        else this.#state = "live";
      }
    } else return this.expect(offset);
    return false;
  }

  /**
   * Takes note of a message of its epoch that is in the log.
   *
   * @returns Whether it should look in a moment whether it came.
   */
  expect(offset: number): boolean {
    if (this.#state !== "live" || offset <= this.offset) return false;
    // The first that may be missing is what is looked for: on a busy channel the newest always is on its way.
    this.#expected ||= offset;
    return true;
  }

  /**
   * Reads what should have come by now.
   *
   * @returns Whether something was missing: its subscription may be broken.
   */
  recheck(): boolean {
    const isMissing = this.offset < this.#expected;
    this.#expected = 0;
    if (isMissing) this.#readOn();
    return isMissing;
  }

  /** Goes on if it is behind and doesn't read: the log could not be read before. */
  retry(): void {
    if (this.#state === "behind" && !this.#isReading) this.#readOn();
  }

  /** Reads the log: it is of another epoch than this one. */
  reread(): void {
    if (this.#state !== "starting") this.#readOn();
  }

  close(): void {
    this.#isClosed = true;
    this.listener = undefined;
  }

  #readOn(): void {
    if (this.#isReading) {
      this.#isMore = true;
      return;
    }
    this.#state = "behind";
    this.#isReading = true;
    this.#read().catch((error) => this.#host.report(error)).finally(() => {
      this.#isReading = false;
    });
  }

  async #read(): Promise<void> {
    do {
      this.#isMore = false;
      const page = await this.#host.read(this.channel, this.offset);
      if (this.#isClosed) return;
      this.#apply(page);
      if (this.offset < page.top) this.#isMore = true;
      else this.#merge();
    } while (this.#isMore);
    this.#state = "live";
  }

  #apply({ epoch, first, entries }: LogPage): void {
    if (epoch !== this.epoch || first > this.offset + 1) {
      this.epoch = epoch;
      this.offset = first - 1;
      this.#expected = 0;
      this.#openStreams.clear();
      this.listener?.moved({ epoch, offset: first - 1 });
    }
    for (const entry of entries) this.#take({ epoch, entry });
  }

  /** Delivers what came in the meantime. */
  #merge(): void {
    const early = this.#early;
    this.#early = [];
    this.#earlyBytes = 0;
    for (const stored of early) {
      if (!this.#take(stored)) {
        this.#isMore = true;
        return;
      }
    }
  }

  /** Delivers a message if it is the next; `false` where another must come first. */
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
    this.#earlyBytes += cost(stored.entry);
    if (
      this.#early.length > MAX_EARLY || this.#earlyBytes > MAX_EARLY_BYTES
    ) {
      this.#early = [];
      this.#earlyBytes = 0;
      this.#isMore = true;
    }
  }
}

function cost({ bytes, raw }: LogEntry): number {
  return bytes + (raw?.length ?? 0);
}
