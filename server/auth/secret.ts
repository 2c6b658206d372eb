/** A secret, as the codes of its characters. */
export interface Secret {
  readonly length: number;
  readonly codes: Uint16Array;
}

/** Prepares a secret to be compared. */
export function secretOf(text: string): Secret {
  const { length } = text;
  const codes = new Uint16Array(length);
  for (let i = 0; i < length; i++) codes[i] = text.charCodeAt(i);
  return { length, codes };
}

/**
 * Compares in a time that depends on nothing but what was given and the secret's length. (A comparison of digests takes
 * 2 µs more on Deno, a sixth of what publishing a message costs.)
 */
export function isSame({ length, codes }: Secret, given: string): boolean {
  if (given.length !== length) return false;
  let difference = 0;
  for (let i = 0; i < length; i++) {
    difference |= given.charCodeAt(i) ^ (codes[i] ?? 0);
  }
  return difference === 0;
}
