/**
 * What a measured message carries: a mark that says who sent it and which of theirs it is, filled up to its size. It
 * is ASCII without quotes, so that it stands in JSON as it is.
 */

/** The two bytes that a mark begins with: no peer sends them on its own account. */
export const MARK = [0x40, 0x23] as const;

/** Bytes of a mark: `@#`, two digits for the publisher, eight for the number of the message. */
export const MARK_BYTES = 12;

/** How many publishers there can be. */
export const MAX_PUBLISHERS = 100;

/** Makes a payload of so many bytes. */
export function payload(
  publisher: number,
  sequence: number,
  bytes: number,
): string {
  const mark = "@#" + String(publisher).padStart(2, "0") +
    String(sequence).padStart(8, "0");
  return mark.padEnd(bytes, "x");
}
