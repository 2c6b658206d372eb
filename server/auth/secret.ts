/** A secret that is compared in constant time. */
export class Secret {
  readonly #codes: Uint16Array;

  /** @param text The secret. */
  constructor(text: string) {
    const { length } = text;
    this.#codes = Uint16Array.from({ length }, (_, i) => text.charCodeAt(i));
  }

  /**
   * Tells whether a text is the secret, in a time that depends only on both lengths. (Comparing digests takes 2 µs more on Deno, a sixth of
   * the cost of publishing a message.)
   */
  equals(text: string): boolean {
    const codes = this.#codes;
    const { length } = codes;
    if (text.length !== length) return false;
    let difference = 0;
    for (let i = 0; i < length; i++) {
      difference |= text.charCodeAt(i) ^ (codes[i] ?? 0);
    }
    return difference === 0;
  }
}
