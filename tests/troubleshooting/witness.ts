import { assert } from "@std/assert";

/** How long a sentence may take to appear, in milliseconds. */
const PATIENCE_MS = 20_000;

/** Collects what one side gets to read. */
export interface Witness {
  /** Returns all of it so far. */
  text(): string;
}

/** A witness that is told each text. */
export class Listener implements Witness {
  #text = "";

  /** Adds a text as a line of its own. */
  add(text: string): void {
    this.#text += `${text}\n`;
  }

  text(): string {
    return this.#text;
  }
}

/** Returns the expression for a sentence of a document, in which names such as `<url>` stand for any text. */
function patternOf(sentence: string): RegExp {
  const parts = sentence.split(/<[a-z ]+>/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  // The log has a time before it, the level and the event in columns; a console may have the name of the error.
  return new RegExp(`(?:^|[ :])${parts.join("[^\\n]+")}$`, "m");
}

/** Waits until a witness has a sentence. */
export async function expectSentence(
  witness: Witness,
  sentence: string,
  patience: number = PATIENCE_MS,
): Promise<void> {
  const pattern = patternOf(sentence);
  const deadline = performance.now() + patience;
  while (!pattern.test(witness.text()) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const text = witness.text();
  assert(pattern.test(text), `"${sentence}" is missing in:\n${text}`);
}
