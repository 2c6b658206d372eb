/**
 * How many groups the channels are in. The channels of one group are in one slot of a cluster, so that one command may be about several
 * of them. Every gateway MUST have the same number.
 */
export const GROUPS = 1024;

/** Slots of a Redis cluster. */
const SLOTS = 16384;

/** The names of what Redis keeps of a channel; all in one slot, by the hash tag. */
export interface ChannelKeys {
  /** The channel's group. */
  readonly group: number;
  /** A hash: the epoch, the newest offset, the log's bytes, the open streams. */
  readonly meta: string;
  /** A stream: the log. */
  readonly log: string;
  /** A hash: who follows it, by gateway. */
  readonly subscribers: string;
  /** The pub/sub channel that its messages come on. */
  readonly live: string;
}

const encoder = new TextEncoder();

/** The slots of all groups, by their number. */
const slots: readonly number[] = Array.from(
  { length: GROUPS },
  (_, group) => crc16(String(group)) % SLOTS,
);

/** Names what is kept of a channel. */
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

/** The key that remembers an idempotency key of a channel. No name has a line break in it. */
export function idempotencyKey(
  prefix: string,
  group: number,
  channel: string,
  key: string,
): string {
  return groupKey(prefix, group, "key", `${channel}\n${key}`);
}

/** A name in a group's slot. */
export function groupKey(
  prefix: string,
  group: number,
  kind: string,
  name: string,
): string {
  return `${prefix}{${group}}:${kind}:${name}`;
}

/** The slot of a group's keys. */
export function slotOf(group: number): number {
  return slots[group] ?? 0;
}

/** A group whose keys are in one of the slots, if there is one. */
export function groupIn(
  isAmong: (slot: number) => boolean,
): number | undefined {
  const group = slots.findIndex(isAmong);
  return group < 0 ? undefined : group;
}

/** The checksum by which a Redis cluster places keys. */
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
