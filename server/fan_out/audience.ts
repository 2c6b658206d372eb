import type { LogEntry } from "../brokers/broker.ts";
import { encodeEntries, transportOf, type Wire } from "../wire/encode.ts";
import { cursorIds } from "../wire/since.ts";
import type { Packet } from "../wire/socket.ts";

/** A connection that gets an audience's messages. */
export interface Member {
  /** Sends packets. Other members may get the same ones. */
  write(packets: readonly Packet[]): void;
  /** The member's position in each channel, if the ids of its SSE events are cursors. Then it can't share packets. */
  readonly cursor: Map<string, string> | undefined;
}

/** How many messages went to connections, by their transport: one for each connection. */
export interface Delivered {
  websocket: number;
  sse: number;
}

/** The channel whose messages an audience gets, and the epoch of its log as of now. */
export interface AudienceChannel {
  readonly channel: string;
  readonly epoch: string;
  /** Counts what the audience gets. */
  readonly delivered: Delivered;
}

/** The connections that get the same topics of a channel on the same wire. They share the encoded messages. */
export class Audience {
  readonly wire: Wire;
  readonly topics: ReadonlySet<string>;
  readonly members = new Set<Member>();
  readonly #source: AudienceChannel;
  /** Messages for the next flush. Most channels are idle: a list for each would cost memory, and collecting it costs time. */
  #pending: LogEntry[] | undefined;

  constructor(
    source: AudienceChannel,
    wire: Wire,
    topics: ReadonlySet<string>,
  ) {
    this.#source = source;
    this.wire = wire;
    this.topics = topics;
  }

  /** Keeps a message for the next flush. Returns whether it is the first since the last one. */
  add(entry: LogEntry): boolean {
    if (this.#pending) this.#pending.push(entry);
    else this.#pending = [entry];
    return this.#pending.length === 1;
  }

  /** Encodes the messages that were added, once for all members, and writes them to each. */
  flush(): void {
    const entries = this.#pending;
    if (!entries) return;
    this.#pending = undefined;
    const { channel, epoch, delivered } = this.#source;
    // Once for all members: to count at each of them would cost a delivery more than the rest of the metrics.
    delivered[transportOf(this.wire)] += entries.length * this.members.size;
    let shared: Packet[] | undefined;
    for (const member of this.members) {
      const { cursor } = member;
      if (cursor) {
        const ids = cursorIds(cursor, channel, epoch);
        member.write(encodeEntries(this.wire, epoch, entries, ids));
      } else {
        shared ??= encodeEntries(this.wire, epoch, entries);
        member.write(shared);
      }
    }
  }
}

/** Returns the key by which a channel finds the audience of some topics on a wire. */
export function audienceKey(wire: Wire, topics: ReadonlySet<string>): string {
  return wire + JSON.stringify([...topics].sort());
}
