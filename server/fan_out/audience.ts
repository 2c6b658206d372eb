import type { LogEntry } from "../brokers/broker.ts";
import type { Feed } from "./hub.ts";
import { moveCursor } from "../wire/since.ts";
import type { Packet } from "../wire/socket.ts";
import { encodeEntries, type Wire } from "../wire/encode.ts";

/** One who gets an audience's messages. */
export interface Member {
  /** Gets packets that all members share. */
  write(packets: readonly Packet[]): void;
  /** Its position in each channel, where that is what its SSE events have as `id`: then it shares no packets. */
  readonly cursor: Map<string, string> | undefined;
}

/** Connections that get the same topics of a channel on the same wire: they share every byte that is made for them. */
export class Audience {
  readonly wire: Wire;
  readonly topics: ReadonlySet<string>;
  readonly members = new Set<Member>();
  readonly #feed: Pick<Feed, "channel" | "epoch">;
  #pending: LogEntry[] = [];

  constructor(
    feed: Pick<Feed, "channel" | "epoch">,
    wire: Wire,
    topics: ReadonlySet<string>,
  ) {
    this.#feed = feed;
    this.wire = wire;
    this.topics = topics;
  }

  /**
   * Takes a message for the next flush.
   *
   * @returns Whether it is the first.
   */
  add(entry: LogEntry): boolean {
    return this.#pending.push(entry) === 1;
  }

  /** Sends what was added: encoded once, written once to each member. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const entries = this.#pending;
    this.#pending = [];
    const { channel, epoch } = this.#feed;
    let shared: Packet[] | undefined;
    for (const member of this.members) {
      const { cursor } = member;
      if (cursor) {
        member.write(encodeEntries(this.wire, epoch, entries, ({ offset }) => {
          return moveCursor(cursor, channel, epoch, offset);
        }));
      } else {
        shared ??= encodeEntries(this.wire, epoch, entries);
        member.write(shared);
      }
    }
  }
}

/** The name under which a channel finds the audience. */
export function audienceKey(wire: Wire, topics: ReadonlySet<string>): string {
  return wire + JSON.stringify([...topics].sort());
}
