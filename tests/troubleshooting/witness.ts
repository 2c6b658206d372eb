import { assert } from "@std/assert";
import { patternOf } from "../support/placeholders.ts";

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

/** Waits until a witness has a sentence. */
export async function expectSentence(
  witness: Witness,
  sentence: string,
  patience: number = PATIENCE_MS,
): Promise<void> {
  // The log has a time, the level and the event before it, a console may have the error's name.
  const pattern = new RegExp(`(?:^|[ :])${patternOf(sentence)}$`, "m");
  const deadline = performance.now() + patience;
  while (!pattern.test(witness.text()) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const text = witness.text();
  assert(pattern.test(text), `"${sentence}" is missing in:\n${text}`);
}
