import { isHighSurrogate, splitText } from "../protocol/split_text.ts";

/** Maximum length of a piece of text, in characters: far below a message's limit in any encoding. */
export const PIECE_CHARS = 64 * 1024;

/** Turns the strings and bytes of a source into text without ever splitting a character: an incomplete character waits for its rest. */
export class TextChunks {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #held = "";

  /** Adds a chunk and returns the text that is complete now, in pieces; an empty list if all of it waits. */
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

  /** Returns the text that still waits, with the replacement character for an incomplete character. */
  end(): string[] {
    return splitText(this.#held + this.#decoder.decode(), PIECE_CHARS);
  }
}
