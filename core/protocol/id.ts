/** A place in a channel's log: everything up to and including `offset` of `epoch`. */
export interface Position {
  /** Which life of the log: 8 lower-case letters and digits. */
  readonly epoch: string;
  /** How many messages of it; 0 is before the first. */
  readonly offset: number;
}

/** The form of an id: the epoch, a hyphen, the offset. */
export const ID: RegExp = /^([a-z0-9]{8})-(0|[1-9][0-9]{0,15})$/;

/** Writes a position as it stands on the wire: `<epoch>-<offset>`. */
export function formatId(epoch: string, offset: number): string {
  return `${epoch}-${offset}`;
}

/**
 * Reads an id.
 *
 * @returns `undefined` where it is none: another form, or an offset beyond 2^53 - 1.
 */
export function parseId(id: unknown): Position | undefined {
  if (typeof id !== "string") return undefined;
  const match = ID.exec(id);
  if (!match) return undefined;
  const offset = Number(match[2]);
  return Number.isSafeInteger(offset) && match[1] !== undefined
    ? { epoch: match[1], offset }
    : undefined;
}
