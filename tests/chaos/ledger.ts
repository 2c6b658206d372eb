import { createHash } from "node:crypto";
import { parseId, type Position } from "../../core/protocol/id.ts";

/** What a message comes to: 48 bits of the SHA-256 of its kind and its data's JSON, which fit a number. */
export function digestOf(kind: string, data: unknown): number {
  const text = kind + JSON.stringify(data);
  const hash = createHash("sha256").update(text).digest();
  return hash.readUIntBE(0, 6);
}

/** What was published to a channel, as far as its publishers know. */
export interface ChannelRecord {
  /** Epochs, in the order in which messages were acknowledged in them. */
  readonly epochs: readonly string[];
  /** Acknowledged messages: the index of the epoch, the offset, the digest. */
  readonly acknowledged: ReadonlyArray<readonly [number, number, number]>;
  /** Digests of messages of which an attempt ended without an answer: they may be in a log without an acknowledged id. */
  readonly uncertain: readonly number[];
  /** Ids of messages in topics that nobody of interest subscribes to. */
  readonly elsewhere: readonly string[];
}

interface Channel {
  readonly epochs: string[];
  readonly acknowledged: Array<readonly [number, number, number]>;
  readonly digests: Map<string, number>;
  readonly uncertain: Set<number>;
  readonly elsewhere: string[];
  /** The last position that each lane got: lanes send one message after the other. */
  readonly lanes: Map<number, Position>;
  top: string | undefined;
}

/** What publishers wrote down: the truth that subscribers are held against. */
export class Ledger {
  /** What the gateway's answers alone show to be wrong. */
  readonly problems: string[] = [];
  readonly #channels = new Map<string, Channel>();
  #acknowledged = 0;

  /** How many messages were acknowledged, in all channels. */
  get size(): number {
    return this.#acknowledged;
  }

  /** An attempt to publish ended without an answer: the message may be in the log or not. */
  doubt(channel: string, digest: number): void {
    this.#channel(channel).uncertain.add(digest);
  }

  /** The gateway acknowledged a message in another topic: it has a place in the channel's order, and is nobody's loss. */
  passBy(channel: string, id: string): void {
    this.#channel(channel).elsewhere.push(id);
  }

  /** The gateway acknowledged a message with this id. */
  acknowledge(channel: string, id: string, digest: number, lane = 0): void {
    const record = this.#channel(channel);
    const position = parseId(id);
    if (!position) {
      this.problems.push(`${channel}: "${id}" is no id`);
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

  /** The newest id of each channel. */
  tops(): Record<string, string> {
    const tops: Record<string, string> = {};
    for (const [name, { top }] of this.#channels) {
      if (top !== undefined) tops[name] = top;
    }
    return tops;
  }

  /** What is known of each channel, as JSON can carry it. */
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
