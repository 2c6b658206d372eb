/** Characters of a piece of text at most: far below what a message may have, in any encoding. */
export const PIECE_CHARS = 64 * 1024;

/**
 * Makes text of what a source yields as strings or bytes, so that no character is ever split: half of one, at the end of what came, waits
 * for its other half.
 */
export class TextChunks {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #held = "";

  /** Takes what came and gives the text that is whole with it, in pieces; none when all of it waits. */
  push(chunk: string | Uint8Array): string[] {
    const text = this.#held +
      (typeof chunk === "string"
        ? this.#decoder.decode() + chunk
        : this.#decoder.decode(chunk, { stream: true }));
    this.#held = /[\uD800-\uDBFF]$/.test(text) ? text.slice(-1) : "";
    return split(this.#held ? text.slice(0, -1) : text);
  }

  /** Gives what still waits: half of a character, replaced as decoders do. */
  end(): string[] {
    return split(this.#held + this.#decoder.decode());
  }
}

function split(text: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + PIECE_CHARS, text.length);
    if (to < text.length && /[\uD800-\uDBFF]/.test(text.charAt(to - 1))) to--;
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}
