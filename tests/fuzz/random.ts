/** Numbers that only depend on a seed. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  /** @param seed Texts and numbers; each list of them gives other numbers. */
  constructor(...seed: ReadonlyArray<string | number>) {
    const text = seed.join(" ");
    this.#a = hashOf(text, 0x811c9dc5);
    this.#b = hashOf(text, 0x9e3779b9);
    this.#c = hashOf(text, 0x85ebca6b);
    // The first numbers of similar seeds are similar.
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** Returns a whole number from 0 up to, and without, a limit. */
  below(limit: number): number {
    return Math.floor(this.#next() / 2 ** 32 * limit);
  }

  /** Returns whether something happens that has a probability. */
  chance(probability: number): boolean {
    return this.#next() / 2 ** 32 < probability;
  }

  /** Returns an element of a list. */
  pick<T>(list: ArrayLike<T>): T {
    const element = list[this.below(list.length)];
    if (element === undefined) throw new RangeError("The list has a hole");
    return element;
  }

  /** Returns a text of random bytes, one character for each. */
  bytes(length: number): string {
    return Array.from(
      { length },
      () => String.fromCharCode(this.below(256)),
    ).join("");
  }

  /** The generator sfc32. */
  #next(): number {
    const sum = (this.#a + this.#b + this.#count++) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }
}

/** Returns the FNV-1a hash of a text. */
function hashOf(text: string, basis: number): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
