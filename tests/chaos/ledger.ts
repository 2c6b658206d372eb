import { createHash } from "node:crypto";
import { parseId, type Position } from "../../core/protocol/id.ts";

/** Returns the digest of a message: 48 bits of the SHA-256 of its kind and data, which fit into a number. */
export function digestOf(kind: string, data: unknown): number {
  const text = kind + JSON.stringify(data);
  const hash = createHash("sha256").update(text).digest();
  return hash.readUIntBE(0, 6);
}

/** The messages of a channel, as far as publishers know them. */
export interface ChannelRecord {
  /** The epochs, in the order in which their first messages were acknowledged. */
  readonly epochs: readonly string[];
  /** The acknowledged messages: index of the epoch, offset, digest. */
  readonly acknowledged: ReadonlyArray<readonly [number, number, number]>;
  /** Digests of messages whose publish was not answered: they may or may not be in the log. */
  readonly uncertain: readonly number[];
  /** Ids of messages in topics without a subscriber under test. */
  readonly elsewhere: readonly string[];
}

interface Channel {
  readonly epochs: string[];
  readonly acknowledged: Array<readonly [number, number, number]>;
  readonly digests: Map<string, number>;
  readonly uncertain: Set<number>;
  readonly elsewhere: string[];
  /** The last position of each lane. A lane sends one message after the other, so its positions must grow. */
  readonly lanes: Map<number, Position>;
  top: string | undefined;
}

/** Records the answers to publishers, which subscribers are compared with. */
export class Ledger {
  /** The mistakes that show in the gateway's answers alone. */
  readonly problems: string[] = [];
  readonly #channels = new Map<string, Channel>();
  #acknowledged = 0;

  /** The number of acknowledged messages, in all channels. */
  get size(): number {
    return this.#acknowledged;
  }

  /** Records that a publish was not answered: the message may be in the log or not. */
  doubt(channel: string, digest: number): void {
    this.#channel(channel).uncertain.add(digest);
  }

  /** Records a message in another topic: it takes an offset of the channel, and no subscriber under test receives it. */
  passBy(channel: string, id: string): void {
    this.#channel(channel).elsewhere.push(id);
  }

  /** Records that the gateway acknowledged a message. */
  acknowledge(channel: string, id: string, digest: number, lane = 0): void {
    const record = this.#channel(channel);
    const position = parseId(id);
    if (!position) {
      this.problems.push(`${channel}: "${id}" is not an id`);
      return;
    }
    const known = record.digests.get(id);
    if (known !== undefined) {
      this.problems.push(`${channel}: ${id} was given to two messages`);
      return;
    }
    const before = record.lanes.get(lane);
    if (
      before?.epoch === position.epoch && before.offset >= position.offset
    ) {
      this.problems.push(
        `${channel}: ${id} came after ${before.offset} was acknowledged`,
      );
    }
    record.lanes.set(lane, position);
    record.digests.set(id, digest);
    let epoch = record.epochs.indexOf(position.epoch);
    if (epoch < 0) epoch = record.epochs.push(position.epoch) - 1;
    record.acknowledged.push([epoch, position.offset, digest]);
    const top = parseId(record.top);
    if (top?.epoch !== position.epoch || top.offset < position.offset) {
      record.top = id;
    }
    this.#acknowledged++;
  }

  /** Returns the newest id of each channel. */
  tops(): Record<string, string> {
    const tops: Record<string, string> = {};
    for (const [name, { top }] of this.#channels) {
      if (top !== undefined) tops[name] = top;
    }
    return tops;
  }

  /** Returns the record of each channel, in a form that JSON can represent. */
  records(): Record<string, ChannelRecord> {
    return Object.fromEntries(
      [...this.#channels].map(([name, channel]) => [name, {
        epochs: channel.epochs,
        acknowledged: channel.acknowledged,
        uncertain: [...channel.uncertain],
        elsewhere: channel.elsewhere,
      }]),
    );
  }

  #channel(name: string): Channel {
    let channel = this.#channels.get(name);
    if (!channel) {
      channel = {
        epochs: [],
        acknowledged: [],
        digests: new Map(),
        uncertain: new Set(),
        elsewhere: [],
        lanes: new Map(),
        top: undefined,
      };
      this.#channels.set(name, channel);
    }
    return channel;
  }
}
