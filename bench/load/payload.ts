/**
 * The payload of measured messages: a mark with the numbers of the publisher and of the message, padded to the payload's size. It is
 * ASCII without quotes, so that JSON needs no escapes for it.
 */

/** The two bytes that a mark begins with. No server sends them by itself. */
export const MARK = [0x40, 0x23] as const;

/** Bytes of a mark: `@#`, two digits for the publisher, eight for the number of the message. */
export const MARK_BYTES = 12;

/** The largest number of publishers. */
export const MAX_PUBLISHERS = 100;

/** Returns a payload of a size in bytes. */
export function payload(
  publisher: number,
  sequence: number,
  bytes: number,
): string {
  const mark = "@#" + String(publisher).padStart(2, "0") +
    String(sequence).padStart(8, "0");
  return mark.padEnd(bytes, "x");
}
