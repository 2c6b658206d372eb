/**
 * Number of groups into which channels are divided. The channels of a group are in one slot of a cluster, so that one command can name
 * several of them. Every gateway MUST use the same number.
 */
export const GROUPS = 1024;

/** Number of slots of a Redis cluster. */
const SLOTS = 16384;

/** The names of a channel's keys in Redis; the hash tag puts all of them into one slot. */
export interface ChannelKeys {
  readonly group: number;
  /** A hash: the epoch, the newest offset, the log's bytes, the open streams. */
  readonly meta: string;
  /** A stream: the log. */
  readonly log: string;
  /** A hash: the numbers of subscribers, by gateway. */
  readonly subscribers: string;
  /** The pub/sub channel of its messages. */
  readonly live: string;
}

const encoder = new TextEncoder();

const slots: readonly number[] = Array.from(
  { length: GROUPS },
  (_, group) => crc16(String(group)) % SLOTS,
);

/** Returns the names of a channel's keys. */
export function channelKeys(prefix: string, channel: string): ChannelKeys {
  const group = crc16(channel) % GROUPS;
  return {
    group,
    meta: groupKey(prefix, group, "meta", channel),
    log: groupKey(prefix, group, "log", channel),
    subscribers: groupKey(prefix, group, "subscribers", channel),
    live: groupKey(prefix, group, "live", channel),
  };
}

/** Returns the key that stores an idempotency key of a channel. Names have no line breaks, so that no two of them collide. */
export function idempotencyKey(
  prefix: string,
  group: number,
  channel: string,
  key: string,
): string {
  return groupKey(prefix, group, "key", `${channel}\n${key}`);
}

/** Returns the key that stores the first reply to a message in a topic. */
export function replyKey(
  prefix: string,
  group: number,
  channel: string,
  topic: string,
  id: string,
): string {
  return groupKey(prefix, group, "reply", `${channel}\n${topic}\n${id}`);
}

/** Returns a name in a group's slot. */
export function groupKey(
  prefix: string,
  group: number,
  kind: string,
  name: string,
): string {
  return `${prefix}{${group}}:${kind}:${name}`;
}

/** Divides channels into batches of one command each. Only without a cluster may a command name channels of several groups. */
export function batchesOf<T extends { readonly keys: ChannelKeys }>(
  channels: Iterable<T>,
  sharded: boolean,
  size: number,
): T[][] {
  const batches: T[][] = [];
  const open = new Map<number, T[]>();
  for (const channel of channels) {
    const key = sharded ? channel.keys.group : 0;
    let batch = open.get(key);
    if (!batch || batch.length >= size) {
      batch = [];
      open.set(key, batch);
      batches.push(batch);
    }
    batch.push(channel);
  }
  return batches;
}

/** Returns the slot of a group's keys. */
export function slotOf(group: number): number {
  return slots[group] ?? 0;
}

/** Computes the checksum that maps keys to slots (CRC-16/XMODEM). */
export function crc16(text: string): number {
  let crc = 0;
  for (const byte of encoder.encode(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
    }
  }
  return crc;
}
