import { isHighSurrogate, splitText } from "../protocol/split_text.ts";

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
    this.#held = isHighSurrogate(text.charCodeAt(text.length - 1))
      ? text.slice(-1)
      : "";
    return splitText(this.#held ? text.slice(0, -1) : text, PIECE_CHARS);
  }

  /** Gives what still waits: half of a character, replaced as decoders do. */
  end(): string[] {
    return splitText(this.#held + this.#decoder.decode(), PIECE_CHARS);
  }
}
