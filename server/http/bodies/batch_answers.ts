import { setImmediate } from "node:timers";

/**
 * The answers to the lines of a batch: JSON texts, each with a line break, in the order of the lines. Those that nobody takes stay here; they
 * are as many as the request has lines.
 */
export class BatchAnswers implements AsyncIterable<string> {
  /** Answers to be taken next. */
  #text = "";
  /** The number of the line whose answer follows `#text`. */
  #next = 0;
  /** Answers that wait for the one of an earlier line, by the numbers of their lines. */
  readonly #early = new Map<number, string>();
  #isComplete = false;
  #wake: () => void = () => {};

  /** Whether every line has its answer. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Adds the answer to a line; the first one has the number 0. */
  add(line: number, answer: string): void {
    if (line !== this.#next) {
      this.#early.set(line, answer);
      return;
    }
    for (let next: string | undefined = answer; next !== undefined;) {
      this.#text += next;
      next = this.#early.get(++this.#next);
      if (next !== undefined) this.#early.delete(this.#next);
    }
    this.#wake();
  }

  /** Notes that no further line follows. */
  complete(): void {
    this.#isComplete = true;
    this.#wake();
  }

  /** Waits until there are answers to take and this turn of the event loop brings no more, or until they are complete. */
  async some(): Promise<void> {
    while (this.#text === "" && !this.#isComplete) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.#isComplete) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Takes the answers that are there. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** Takes the answers as they come. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    while (this.#text !== "" || !this.#isComplete) {
      await this.some();
      if (this.#text !== "") yield this.take();
    }
  }
}
