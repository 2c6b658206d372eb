/** The length of an id's epoch and hyphen. */
const PREFIX = 9;

/** Tells whether a message comes after a position. Every message of another epoch does. */
export function isLater(id: string, position: string | undefined): boolean {
  if (position?.slice(0, PREFIX) !== id.slice(0, PREFIX)) return true;
  // Offsets have no leading zeros: the longer one is greater, and equally long ones compare as text.
  return id.length === position.length
    ? id > position
    : id.length > position.length;
}

/** Returns the id of the message before another one. */
export function idBefore(id: string): string {
  return id.slice(0, PREFIX) + (Number(id.slice(PREFIX)) - 1);
}
