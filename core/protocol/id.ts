/** A position in a channel's log: everything up to and including the message with this offset. */
export interface Position {
  /** The name of the log, which changes when the log is lost: 8 lower-case letters and digits. */
  readonly epoch: string;
  /** The number of the message in its log. The first has 1; 0 is the position before it. */
  readonly offset: number;
}

/** The form of an id: the epoch, a hyphen, the offset. */
export const ID: RegExp = /^([a-z0-9]{8})-(0|[1-9][0-9]{0,15})$/;

/** Formats an id: `<epoch>-<offset>`. */
export function formatId(epoch: string, offset: number): string {
  return `${epoch}-${offset}`;
}

/** Parses an id. Returns `undefined` for another form, or an offset beyond 2^53 - 1. */
export function parseId(id: unknown): Position | undefined {
  if (typeof id !== "string") return undefined;
  const match = ID.exec(id);
  if (!match) return undefined;
  const offset = Number(match[2]);
  return Number.isSafeInteger(offset) && match[1] !== undefined
    ? { epoch: match[1], offset }
    : undefined;
}
